import { Failure } from '../../kernel/index.js';

/**
 * Why a medium refused or failed:
 *
 * - `missing`: there is no such blob.
 * - `taken`: the key is in use already; the blob under it stays as it is.
 * - `damaged`: the blob cannot be what was written.
 * - `full`: no space is left.
 * - `throttled`: too many requests; it may work a little later.
 * - `away`: the medium as a whole cannot be reached.
 * - `denied`: an entry that is not ours is in the way, or we lack the rights to our own.
 * - `failed`: any other error of the medium.
 */
export type RefusalKind = 'missing' | 'taken' | 'damaged' | 'full' | 'throttled' | 'away' | 'denied' | 'failed';

/** A refusal of a medium. Not meant for people: {@link failureOf} words it. */
export class BlobRefusal extends Error {
  readonly kind: RefusalKind;
  /** For the log; contains no names of people or of their files. */
  readonly detail: string;

  constructor(kind: RefusalKind, detail: string, options?: { readonly cause?: unknown }) {
    super(`${kind}: ${detail}`, options);
    this.name = 'BlobRefusal';
    this.kind = kind;
    this.detail = detail;
  }
}

/** Words a refusal for callers: `full`, `unavailable`, or `internal` when a content is missing or damaged. */
export function failureOf({ kind, detail, cause }: BlobRefusal): Failure {
  switch (kind) {
    case 'full':
      return new Failure('full', 'The disk of this cloud is full.', { detail, cause });
    case 'throttled':
      return new Failure('unavailable', 'Too many files are open.', { detail, cause, retryAfter: 5 });
    case 'away':
      return storageAway(detail);
    case 'failed':
      return notStoredOrRead(detail, cause);
    default:
      return notStoredOrRead(`${kind}: ${detail}`, cause);
  }
}

/** The refusal while the storage as a whole cannot be used (F-02); `detail` is for the operator. */
export function storageAway(detail: string): Failure {
  return new Failure('unavailable', 'The storage of this cloud is away. Try again later.', { detail, retryAfter: 30 });
}

/** The refusal for an error of the medium, or for damaged bytes on it. */
export function notStoredOrRead(detail: string, cause?: unknown): Failure {
  return new Failure('internal', 'The file could not be stored or read.', { detail, cause });
}
