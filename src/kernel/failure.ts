/**
 * Every way in which Footbridge says no. Adapters translate what they meet into one of these at their edge; each door
 * words it in its own format at its own edge (HTTP status, plain text, JSON, page).
 */
export type FailureCode =
  | 'invalid' // the request itself is wrong: 400
  | 'unauthenticated' // no or wrong proof of who asks: 401
  | 'forbidden' // known, but not allowed: 403
  | 'not-found' // not there, or not yours to know: 404
  | 'method-not-allowed' // 405
  | 'too-slow' // the request did not arrive in time: 408
  | 'conflict' // does not fit the state: 409
  | 'precondition-failed' // 412
  | 'too-large' // 413
  | 'quota' // the owner's space is full: 413 (DAV 507)
  | 'unsupported-type' // 415
  | 'range-not-satisfiable' // 416
  | 'misdirected' // not our origin: 421
  | 'too-many' // 429
  | 'peer-failed' // the other cloud answered with trouble: 502
  | 'peer-timeout' // the other cloud did not answer: 504
  | 'unavailable' // we or the other cloud are resting: 503
  | 'internal'; // 500

/** What a {@link Failure} may carry beside its message. */
export interface FailureOptions {
  /** For the log only: never shown to the reader. */
  readonly detail?: string | undefined;
  readonly cause?: unknown;
  /** Seconds after which a repeat makes sense. */
  readonly retryAfter?: number | undefined;
  /** Values that a door may need to word its answer, such as the whole length beside an unsatisfiable range. */
  readonly facts?: Readonly<Record<string, string | number>> | undefined;
}

/** A refusal with a closed code and a message that is safe to show to whoever asked. */
export class Failure extends Error {
  readonly code: FailureCode;
  readonly detail: string | undefined;
  readonly retryAfter: number | undefined;
  readonly facts: Readonly<Record<string, string | number>>;

  constructor(code: FailureCode, message: string, options: FailureOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'Failure';
    this.code = code;
    this.detail = options.detail;
    this.retryAfter = options.retryAfter;
    this.facts = options.facts ?? {};
  }
}

/** True when `error` is a {@link Failure}, of the given code if one is named. */
export function isFailure(error: unknown, code?: FailureCode): error is Failure {
  return error instanceof Failure && (code === undefined || error.code === code);
}

/** Shorthand for the most frequent refusal: the request is wrong and says why. */
export function invalid(message: string): Failure {
  return new Failure('invalid', message);
}

/** Shorthand: nothing there, or nothing the asker may know of (G8: the two are indistinguishable). */
export function notFound(message = 'Not found.'): Failure {
  return new Failure('not-found', message);
}

const STATUS: Readonly<Record<FailureCode, number>> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  'method-not-allowed': 405,
  'too-slow': 408,
  conflict: 409,
  'precondition-failed': 412,
  'too-large': 413,
  quota: 413,
  'unsupported-type': 415,
  'range-not-satisfiable': 416,
  misdirected: 421,
  'too-many': 429,
  'peer-failed': 502,
  unavailable: 503,
  'peer-timeout': 504,
  internal: 500,
};

/** The HTTP status that a code has in every door that does not say otherwise. */
export function statusOf(code: FailureCode): number {
  return STATUS[code];
}
