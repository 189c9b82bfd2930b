import type { Readable } from 'node:stream';
import type { Transaction } from '../../platform/index.js';
import type { ByteSpan, StoreHealth } from '../driver/index.js';

/** The facts about stored bytes. */
export interface StoredContent {
  /** Random; never chosen by a user, never reused (reliability.md 1). */
  readonly key: string;
  readonly size: number;
  /** Hex. */
  readonly sha256: string;
  /** Unsigned; 0 for an empty file (stacksync-api-v2.md 2). */
  readonly adler32: number;
  /** The media type, found in the bytes themselves and never taken from the uploader. */
  readonly mimetype: string;
  /** Bytes that `put` has not stored and that {@link ContentStore.keep} has to write; absent: they are stored. */
  readonly unkept?: Uint8Array;
}

/** What a database row must keep of a content to read and verify the bytes. */
export interface ContentRef extends Pick<StoredContent, 'key' | 'size'> {
  /** Hex; null where only its parts were hashed when they were joined: it is verified by them. */
  readonly sha256: string | null;
}

/** Several contents that are read as one (storage.md 2). */
export interface JoinedContent extends Omit<StoredContent, 'sha256' | 'unkept'>, ContentRef {}

/** What a `put` checks. */
export interface PutOptions {
  readonly signal?: AbortSignal | undefined;
  /** The announced length: fewer or more bytes are `invalid` (UPL-01). */
  readonly expectedSize?: number | undefined;
  /** The announced SHA-256: other bytes are `invalid` (UPL-02). */
  readonly expectedSha256?: Buffer | undefined;
  /** Called with the size so far before more bytes are stored; an error that it throws ends the upload. */
  readonly admit?: ((size: number) => void) | undefined;
}

/** What `verify` finds. */
export type Soundness = 'sound' | 'damaged' | 'missing';

/** What a sweep needs to know. */
export interface SweepOptions {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** The age that a content without a row must have, milliseconds. */
  readonly grace: number;
  /** Those of `keys` that a database row refers to; called in batches. */
  readonly named: (keys: readonly string[]) => Promise<ReadonlySet<string>>;
  /** Those of `keys` that only an administrator's order may remove, although no row refers to them. */
  readonly spared: (keys: readonly string[]) => Promise<ReadonlySet<string>>;
  /** An administrator's order: without the bound, and the spared ones too. */
  readonly all?: boolean | undefined;
  /** An administrator's order: contents in quarantine are erased whatever their age. */
  readonly erase?: boolean | undefined;
}

/** What a sweep did, in numbers of contents. */
export interface Swept {
  /** Put into quarantine, because no row refers to them. */
  readonly quarantined: number;
  /** Removed for good, after their time in quarantine. */
  readonly erased: number;
  /** Taken back from quarantine, because a row refers to them again. */
  readonly returned: number;
  /** Without a row too, but beyond what one sweep may take. */
  readonly left: number;
  /** Without a row too, but spared. */
  readonly spared: number;
}

/** An error that administrators must be told of; `key` is random and safe to log. */
export interface ContentTrouble {
  readonly kind: 'damaged' | 'missing' | 'planted' | 'io';
  readonly key: string;
  readonly detail: string;
}

/** A store whose contents can be joined. */
export interface JoiningStore extends ContentStore {
  /**
   * Names the given contents, in this order, as one: writes rows in the transaction that refers to it, and copies no byte.
   * From then on the parts live as long as the whole. They must be stored already, none of them empty or joined itself;
   * more than 10 000 are `too-large`. `facts`: what is known of the whole.
   */
  join(trx: Transaction, parts: readonly StoredContent[], facts: JoinedFacts): Promise<JoinedContent>;
  /**
   * Reads joined contents of which nobody knows the SHA-256 once and keeps it, the oldest first, until it has read `bytes`
   * or all; answers how many it has learned. One that cannot be read is tried again after the next start.
   */
  learnHashes(bytes: number): Promise<number>;
}

/** What is known of a whole that is only read in parts. */
export interface JoinedFacts {
  /** Hex; of all bytes. Null: not known. */
  readonly sha256: string | null;
  /** As found in its first bytes. */
  readonly mimetype: string;
}

/** Stores bytes under random keys, which are never overwritten and never chosen by users. */
export interface ContentStore {
  /**
   * Stores `source` under a new key. When it resolves, the bytes are durable (reliability.md 1, steps 2 to 6), or they
   * are small and {@link keep} has to write them. Nothing is visible before; on any failure or abort nothing remains
   * and `source` is destroyed. Rejects with `invalid` (size or digest), what `admit` throws, `unavailable` (disk full,
   * no descriptors), `internal` (I/O), the error of `source` itself, or the reason of `signal`.
   */
  put(source: Readable | AsyncIterable<Uint8Array>, options?: PutOptions): Promise<StoredContent>;
  /**
   * Writes bytes that `put` has not stored, in the transaction that refers to the content, so that both become durable
   * at once. Must be called in every such transaction; does nothing for bytes that are stored already.
   */
  keep(trx: Transaction, stored: StoredContent): Promise<void>;
  /**
   * Opens a content or a slice of it. Reading a whole file checks its hash in passing: damage breaks the stream before
   * its last bytes (DUR-05). Rejects with `range-not-satisfiable`, or `internal` when the bytes are missing or damaged.
   */
  open(content: ContentRef, range?: ByteSpan, signal?: AbortSignal): Promise<Readable>;
  /** Removes the bytes; a key that is gone already is fine. */
  remove(key: string): Promise<void>;
  /**
   * Moves small contents from the database to the store of the large ones, under the same keys, for a release that
   * expects all of them there; answers how many. After a crash, the next call continues.
   */
  moveOut(): Promise<number>;
  /** Removes unfinished uploads of dead writers of any process (DUR-03, F-86); answers how many. */
  sweepDrafts(): Promise<number>;
  /**
   * One sweep of contents that no row refers to (K3, K4, K8). They stay in quarantine for 7 days before they are
   * erased, and can be read again as soon as a row refers to them. One sweep takes at most 1 % of all contents, or 20
   * if that is more (F-01).
   */
  sweep(options: SweepOptions): Promise<Swept>;
  /** Reads all bytes again and compares their hash. */
  verify(content: ContentRef): Promise<Soundness>;
  /**
   * Whether contents can be stored now: not while the disk is missing, full or failing (DUR-04, F-02, F-62). Recovers
   * by itself. Answers within 2 s, even when the disk hangs.
   */
  health(): Promise<StoreHealth>;
}
