import type { Readable } from 'node:stream';

/** What is known about bytes once they are stored. */
export interface StoredContent {
  /** Random; never chosen by a user, never reused (reliability.md 1). */
  readonly key: string;
  readonly size: number;
  /** Hex. */
  readonly sha256: string;
  /** Unsigned; 0 for an empty file (stacksync-api-v2.md 2). */
  readonly adler32: number;
  /** Found in the bytes themselves, never claimed by an uploader. */
  readonly mimetype: string;
}

/** The part of {@link StoredContent} that a database row must keep to read and verify the bytes. */
export type ContentRef = Pick<StoredContent, 'key' | 'size' | 'sha256'>;

/** What a `put` may be held to. */
export interface PutOptions {
  readonly signal?: AbortSignal | undefined;
  /** Announced length: fewer or more bytes are `invalid` (UPL-01). */
  readonly expectedSize?: number | undefined;
  /** Announced SHA-256: other bytes are `invalid` (UPL-02). */
  readonly expectedSha256?: Buffer | undefined;
  /** Told the size so far before more bytes are kept; what it throws ends the upload. */
  readonly admit?: ((size: number) => void) | undefined;
}

/** A slice of a file, both ends inclusive. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** What `verify` finds. */
export type Soundness = 'sound' | 'damaged' | 'missing';

/** What the collector is told. */
export interface SweepOptions {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Age in milliseconds from which an unfinished upload is rubbish. */
  readonly tmpAge: number;
  /** Age in milliseconds that a content without a name must have reached. */
  readonly grace: number;
  /** Those of `keys` that a database row names; asked in batches. */
  named(keys: readonly string[]): Promise<ReadonlySet<string>>;
}

/** What the collector removed. */
export interface Swept {
  readonly temporary: number;
  readonly orphans: number;
}

/** Something an administrator must hear about; `key` is ours and safe to log. */
export interface ContentTrouble {
  readonly kind: 'damaged' | 'missing' | 'planted' | 'io';
  readonly key: string;
  readonly detail: string;
}

/** Whether writing works, for `/readyz` (DUR-04). */
export interface StoreHealth {
  readonly ok: boolean;
  readonly reason?: string;
}

/** Bytes under random keys: never overwritten, never named by a user. */
export interface ContentStore {
  /**
   * Stores `source` under a new key; when it resolves the bytes survive a power loss (reliability.md 1, steps 2 to 6).
   * Nothing is visible before, and on any failure or abort nothing remains and `source` is destroyed. Rejects with
   * `invalid` (size or digest), what `admit` throws, `unavailable` (disk full, no descriptors), `internal` (I/O), the error
   * of `source` itself, or the reason of `signal`.
   */
  put(source: Readable | AsyncIterable<Uint8Array>, options?: PutOptions): Promise<StoredContent>;
  /**
   * Opens a content or a slice of it. Reading a whole file checks its hash in passing: damage breaks the stream before
   * its last bytes (DUR-05). Rejects with `range-not-satisfiable`, or `internal` when the bytes are missing or damaged.
   */
  open(content: ContentRef, range?: ByteRange, signal?: AbortSignal): Promise<Readable>;
  /** Removes the bytes; a key that is gone already is fine. */
  remove(key: string): Promise<void>;
  /** Collects unfinished uploads and contents that nothing names (DUR-03, K3, K4, K8). */
  sweep(options: SweepOptions): Promise<Swept>;
  /** Reads every byte again and compares. */
  verify(content: ContentRef): Promise<Soundness>;
  /** Bad from a failed sync or rename until the next upload that succeeds. */
  health(): StoreHealth;
}
