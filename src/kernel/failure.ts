/**
 * The codes of all refusals. Adapters translate errors into one of them; each door words it in its own format (HTTP
 * status, plain text, JSON, page).
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
  | 'full' // the disk of this cloud is full: 507
  | 'unsupported-type' // 415
  | 'range-not-satisfiable' // 416
  | 'locked' // somebody holds a lock on it: 423; `facts.locked` names the item
  | 'unprocessable' // readable, but at odds with what was said before: 422
  | 'misdirected' // not our origin: 421
  | 'too-many' // 429
  | 'peer-failed' // the other cloud answered with trouble: 502
  | 'peer-timeout' // the other cloud did not answer: 504
  | 'unavailable' // we or the other cloud are resting: 503
  | 'internal'; // 500

/** A closed reason, for refusals that a protocol words in its own way or that callers act on. */
export type FailureReason =
  | 'name-taken' // a live namesake stands there
  | 'folder-exists' // the same, when a folder is to be made
  | 'bad-name' // no file or folder can have it
  | 'no-name' // a folder is to be made without one
  | 'parent-missing' // nothing is there to put it into
  | 'parent-deleted' // it lies in the trash
  | 'parent-wrong' // it holds no files
  | 'parent-is-file' // the same, when a folder is to be made
  | 'into-itself' // a folder cannot lie in itself
  | 'over-quota' // its owner has no room left
  | 'not-shared' // there is no share to leave or to end
  | 'added-not-joined' // this cloud cannot be asked to join: it is added; `facts.name` and `facts.url` say how
  | 'key-refused'; // the other cloud refuses our key at the moment (ruling F-06)

/** What a {@link Failure} may carry beside its message. */
export interface FailureOptions {
  /** For the log only: never shown to the reader. */
  readonly detail?: string | undefined;
  readonly cause?: unknown;
  readonly reason?: FailureReason | undefined;
  /** Seconds after which a repeat makes sense. */
  readonly retryAfter?: number | undefined;
  /** Values that a door may need to word its answer, such as the whole length beside an unsatisfiable range. */
  readonly facts?: Readonly<Record<string, string | number>> | undefined;
}

/** A refusal with a closed code and a message that is safe to show to whoever asked. */
export class Failure extends Error {
  readonly code: FailureCode;
  readonly detail: string | undefined;
  readonly reason: FailureReason | undefined;
  readonly retryAfter: number | undefined;
  readonly facts: Readonly<Record<string, string | number>>;

  constructor(code: FailureCode, message: string, options: FailureOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'Failure';
    this.code = code;
    this.detail = options.detail;
    this.reason = options.reason;
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
  full: 507,
  'unsupported-type': 415,
  'range-not-satisfiable': 416,
  unprocessable: 422,
  locked: 423,
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
