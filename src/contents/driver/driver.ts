/** A slice of a blob, both ends inclusive. */
export interface ByteSpan {
  readonly start: number;
  readonly end: number;
}

/** What a medium knows of a blob without reading it. */
export interface BlobStat {
  /** Bytes. */
  readonly size: number;
  /** Milliseconds since the epoch, by the clock of the medium. */
  readonly writtenAt: number;
}

/** A blob that is being read. */
export interface OpenBlob {
  /** Bytes of the whole blob, whatever part of it is read. */
  readonly size: number;
  /**
   * Puts the next bytes at the start of `buffer` and answers how many: at least one, at most what the buffer holds; 0
   * when all that was asked for has been read. Called again only after it has resolved, so that one buffer can be used
   * again and again (ruling F-82). Rejects with a {@link BlobRefusal}.
   */
  fill(buffer: Buffer): Promise<number>;
  /** Ends the reading, whether or not it is complete; called once, after the last `fill` has settled. */
  close(): Promise<void>;
}

/** What a writer says beside the bytes. */
export interface WriteOptions {
  /** How many bytes there will be, if known: `chunks` have this length in all, or end with an error. */
  readonly size?: number | undefined;
  /** Cancels the write: `chunks` then end with an error, nothing remains, and `write` rejects. */
  readonly signal?: AbortSignal | undefined;
}

/** Whether blobs can be written now. */
export interface StoreHealth {
  readonly ok: boolean;
  /** A sentence for the operator. */
  readonly reason?: string;
}

/**
 * One medium: bytes under keys, and nothing else. Everything that is the same on every medium is done once above it, in
 * the content store (`store/`). So a driver may assume, without checking:
 *
 * - A key is 40 hexadecimal digits, drawn at random by the layer above, which never gives two blobs the same key. It
 *   may become a path or a name as it is. Several drivers may hold the same blob under the same key.
 * - A range lies within the blob, and is not empty.
 * - Chunks are not changed after they were handed over, and come in batches large enough for one system call each.
 * - The reader compares lengths and hashes, and knows the media type. The writer counts, hashes and checks the bytes
 *   before it hands over the last chunk: if they must not be kept, `chunks` end with an error.
 * - Whether the storage is the right one, within its limits and allowed to be used was checked before.
 * - Whether a blob is still needed, when an unneeded one may go, and how many a sweep may take is decided above.
 *
 * What the layer above relies on in turn is said at each method. One suite proves all of it for every driver
 * (`spec/contracts/blob-driver.ts`). A driver's own errors are {@link BlobRefusal}s; an error of `chunks` and the
 * reason of a signal pass through unchanged.
 */
export interface Driver extends Partial<SettingAside>, Partial<SweepingDrafts> {
  /** What this medium can do beyond the methods of every driver; asked through the guards of `abilities.ts` only. */
  readonly abilities: DriverAbilities;
  /**
   * Stores the bytes of `chunks` under a new key: completely or not at all, not visible before that, and durable once
   * it resolves. Never overwrites a blob: refuses `taken`. Does not take a further chunk before it has written the last
   * one. On any failure nothing remains, and no further chunk is taken.
   */
  write(key: string, chunks: AsyncIterable<readonly Uint8Array[]>, options?: WriteOptions): Promise<void>;
  /** Opens a blob or a slice of it. A blob that is removed meanwhile may be read to its end, or breaks off. */
  read(key: string, range?: ByteSpan, signal?: AbortSignal): Promise<OpenBlob>;
  /** Size and time of the blob under a key; undefined when there is none. */
  stat(key: string): Promise<BlobStat | undefined>;
  /**
   * The next keys after `after` in ascending order, from the first for an empty text; as many as the medium gives at
   * once, none at the end. A blob that exists during the whole walk is listed once; one that comes or goes meanwhile
   * may or may not be.
   */
  list(after: string): Promise<readonly string[]>;
  /** Removes a blob; a key that is gone already is fine. */
  remove(key: string): Promise<void>;
  /**
   * Whether blobs can be written now (DUR-04). A bad state recovers by itself. May take long: callers wait at most 2 s.
   */
  health(): Promise<StoreHealth>;
}

/** A medium that can hide a blob without touching its bytes; on a disk, by a rename. */
export interface SettingAside {
  /**
   * Hides a blob: it can no longer be read, listed or described. `now`, milliseconds since the epoch, is stored with
   * it, to the day at least. Answers false when there is no such blob.
   */
  setAside(key: string, now: number): Promise<boolean>;
  /** Shows a hidden blob again; answers false when it was not set aside. */
  takeBack(key: string): Promise<boolean>;
  /** The keys of all blobs that were set aside at `until` or before, milliseconds since the epoch. */
  asideUntil(until: number): AsyncIterable<string>;
  /** Removes a blob that was set aside, for good; one that is not there is fine. */
  erase(key: string): Promise<void>;
}

/** A medium on which a killed writer leaves part of a blob. */
export interface SweepingDrafts {
  /** Removes what dead writers of any process have left (DUR-03, F-86); answers how many blobs. */
  sweepDrafts(): Promise<number>;
}

/** The flags of a medium; each has a guard, which also checks the methods. */
export interface DriverAbilities {
  /** A blob can be hidden and shown again in one step each ({@link SettingAside}). */
  readonly setsAside: boolean;
  /** A killed writer leaves parts of a blob, which have to be swept ({@link SweepingDrafts}). */
  readonly leavesDrafts: boolean;
}
