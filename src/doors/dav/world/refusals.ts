import { Failure, statusOf, type FailureCode } from '../../../kernel/index.js';

/** Names of conditions (RFC 4918 16, RFC 5689, RFC 4331) by which programs understand a refusal. */
export type Precondition =
  | 'propfind-finite-depth'
  | 'cannot-modify-protected-property'
  | 'lock-token-submitted'
  | 'no-conflicting-lock'
  | 'lock-token-matches-request-uri'
  | 'valid-resourcetype'
  | 'supported-report'
  | 'valid-sync-token'
  | 'sync-traversal-supported'
  | 'number-of-matches-within-limits'
  | 'quota-not-exceeded';

/** What a refusal says beside its sentence, in the words of WebDAV. */
export interface Saying {
  readonly precondition?: Precondition;
  /** The resource that it is about, where that is not the one that was asked for. */
  readonly href?: string;
  /** The methods that the resource has, beside 405. */
  readonly allow?: string;
}

/** A refusal in the words of WebDAV. */
export function davRefusal(code: FailureCode, message: string, saying: Saying = {}, cause?: unknown): Failure {
  return new Failure(code, message, { facts: { ...saying }, cause });
}

/** The refusal of a method that this resource does not have; `allow`: those that it has. */
export function notAllowed(message: string, allow: string): Failure {
  return davRefusal('method-not-allowed', message, { allow });
}

/** What other statuses mean here than at the other doors (webdav.md 1.11). */
const STATUSES: Readonly<Partial<Record<FailureCode, number>>> = { quota: 507, 'peer-timeout': 503 };

/** The status of a code in the words of WebDAV, of a request and of a member of a folder alike. */
export function davStatusOf(code: FailureCode): number {
  return STATUSES[code] ?? statusOf(code);
}

/** A cloud that could not be reached is away, which is no answer of its own: clients keep what they have (webdav.md 1.11). */
export function isAway({ code, cause }: Pick<Failure, 'code' | 'cause'>): boolean {
  return code === 'peer-failed' && cause !== undefined;
}
