import { constants } from 'node:fs';
import { mkdir, open, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { addAbortSignal, type Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { Failure, type Random } from '../kernel/index.js';
import { inBatches } from './batches.js';
import { diskCalls, diskFailure, errorCode, kindOf, type DiskCalls, type DiskFile } from './disk-calls.js';
import { DiskReader } from './disk-reader.js';
import { sweepDisk } from './disk-sweep.js';
import { Intake } from './intake.js';
import { isKey, newKey, shardOf } from './keys.js';
import { wholeRange } from './ranges.js';
import { consume } from './source.js';
import type {
  ByteRange,
  ContentRef,
  ContentStore,
  ContentTrouble,
  PutOptions,
  Soundness,
  StoreHealth,
  StoredContent,
  SweepOptions,
  Swept,
} from './content-store.js';

/** What a {@link DiskContentStore} is made of. */
export interface DiskContentStoreOptions {
  /** Holds `blobs/` and `tmp/`, both on one file system. */
  readonly folder: string;
  readonly random: Random;
  /** For tests: system calls that fail on purpose. */
  readonly calls?: DiskCalls;
  /** Told of damage, planted files and I/O errors. */
  readonly onTrouble?: (trouble: ContentTrouble) => void;
}

const WRITE_BATCH = 1024 * 1024;

/** Milliseconds. */
const LOOK_AGAIN = 5_000;

/** Contents as files with random names, spread over folders named by their first two characters. */
export class DiskContentStore implements ContentStore {
  readonly #blobs: string;
  readonly #tmp: string;
  readonly #random: Random;
  readonly #calls: DiskCalls;
  readonly #report: (trouble: ContentTrouble) => void;
  /** Keys whose upload is running in this process: never rubbish, however slow. */
  readonly #active = new Set<string>();
  readonly #durableShards = new Set<string>();
  /** When a shard was last seen to be a folder of ours, by the monotonic clock. */
  readonly #seenShards = new Map<string, number>();
  #health: StoreHealth = { ok: true };

  private constructor(options: DiskContentStoreOptions) {
    this.#blobs = join(options.folder, 'blobs');
    this.#tmp = join(options.folder, 'tmp');
    this.#random = options.random;
    this.#calls = options.calls ?? diskCalls;
    this.#report = options.onTrouble ?? (() => undefined);
  }

  /** Opens the store, making its folders when they are missing. */
  static async create(options: DiskContentStoreOptions): Promise<DiskContentStore> {
    const store = new DiskContentStore(options);
    for (const folder of [store.#blobs, store.#tmp]) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await store.#requireFolder(folder, '');
    }
    await diskCalls.syncFolder(options.folder);
    return store;
  }

  async put(source: Readable | AsyncIterable<Uint8Array>, options: PutOptions = {}): Promise<StoredContent> {
    const key = newKey(this.#random);
    this.#active.add(key);
    try {
      return await consume(source, options.signal, (chunks) => this.#store(key, chunks, options));
    } finally {
      this.#active.delete(key);
    }
  }

  async open(content: ContentRef, range?: ByteRange, signal?: AbortSignal): Promise<Readable> {
    const whole = wholeRange(content.size);
    const wanted = range ?? whole;
    if (range !== undefined && (range.start < 0 || range.start > range.end || range.end >= content.size)) {
      throw new Failure('range-not-satisfiable', 'The file does not have that range.', {
        facts: { size: content.size },
      });
    }
    signal?.throwIfAborted();
    const handle = await this.#openBlob(content);
    const complete = wanted.start === whole.start && wanted.end === whole.end;
    const reader = new DiskReader(handle, {
      range: wanted,
      sha256: complete ? content.sha256 : undefined,
      onDamage: (detail) => this.#trouble('damaged', content.key, detail),
    });
    return signal === undefined ? reader : addAbortSignal(signal, reader);
  }

  async remove(key: string): Promise<void> {
    if (isKey(key)) await rm(this.#pathOf(key), { force: true });
  }

  sweep(options: SweepOptions): Promise<Swept> {
    return sweepDisk({ blobs: this.#blobs, tmp: this.#tmp, isActive: (key) => this.#active.has(key) }, options);
  }

  async verify(content: ContentRef): Promise<Soundness> {
    if ((await kindOf(this.#pathOf(content.key))) === 'missing') return 'missing';
    try {
      await finished((await this.open(content)).resume());
      return 'sound';
    } catch (error) {
      if (error instanceof Failure && error.code === 'unavailable') throw error;
      return 'damaged';
    }
  }

  health(): StoreHealth {
    return this.#health;
  }

  /** Steps 2 to 6 of the one write path (reliability.md 1). */
  async #store(key: string, chunks: AsyncIterable<Uint8Array>, options: PutOptions): Promise<StoredContent> {
    const draft = join(this.#tmp, key);
    const file = await this.#disk(key, () => this.#createDraft(draft, key));
    try {
      const facts = await this.#receive(key, file, chunks, options);
      await this.#publish(key, draft, options.signal);
      this.#health = { ok: true };
      return { key, ...facts };
    } catch (error) {
      await removeQuietly(draft);
      throw error;
    }
  }

  async #createDraft(draft: string, key: string): Promise<DiskFile> {
    await this.#requireFolder(this.#tmp, key);
    return this.#calls.create(draft).catch((error: unknown) => {
      throw errorCode(error) === 'EEXIST' ? this.#trouble('planted', key, 'tmp') : error;
    });
  }

  async #receive(
    key: string,
    file: DiskFile,
    chunks: AsyncIterable<Uint8Array>,
    options: PutOptions,
  ): Promise<Omit<StoredContent, 'key'>> {
    try {
      const intake = new Intake(options);
      const batches = inBatches(chunks, WRITE_BATCH, (chunk) => {
        intake.admit(chunk);
      });
      for await (const batch of batches) await this.#write(key, file, intake, batch);
      const facts = await intake.finish();
      options.signal?.throwIfAborted();
      await this.#disk(key, () => file.sync());
      return facts;
    } finally {
      await this.#disk(key, () => file.close());
    }
  }

  /** The sums are made while the kernel takes the bytes. */
  async #write(key: string, file: DiskFile, intake: Intake, batch: readonly Uint8Array[]): Promise<void> {
    const written = this.#disk(key, () => file.write(batch));
    for (const chunk of batch) intake.digest(chunk);
    await written;
  }

  async #publish(key: string, draft: string, signal: AbortSignal | undefined): Promise<void> {
    const shard = join(this.#blobs, shardOf(key));
    await this.#disk(key, () => this.#prepareShard(shard, key));
    if ((await kindOf(this.#pathOf(key))) !== 'missing') throw this.#trouble('planted', key, 'blob');
    await this.#disk(key, () => this.#calls.rename(draft, this.#pathOf(key)));
    try {
      await this.#disk(key, () => this.#calls.syncFolder(shard));
      signal?.throwIfAborted();
    } catch (error) {
      await removeQuietly(this.#pathOf(key));
      throw error;
    }
  }

  async #prepareShard(shard: string, key: string): Promise<void> {
    if (!this.#durableShards.has(shard)) {
      await mkdir(shard, { recursive: true, mode: 0o700 });
      await this.#calls.syncFolder(this.#blobs);
      this.#durableShards.add(shard);
    }
    await this.#requireFolder(shard, key);
  }

  async #openBlob(content: ContentRef): Promise<FileHandle> {
    const { key } = content;
    if (!isKey(key)) throw this.#trouble('missing', '', 'not a key');
    try {
      await this.#requireSeenShard(join(this.#blobs, shardOf(key)), key);
      const handle = await open(this.#pathOf(key), constants.O_RDONLY | constants.O_NOFOLLOW);
      return await this.#requireSize(handle, content);
    } catch (error) {
      if (errorCode(error) === 'ENOENT') throw this.#trouble('missing', key, 'no such file');
      if (errorCode(error) === 'ELOOP') throw this.#trouble('planted', key, 'blob is a link');
      throw diskFailure(error);
    }
  }

  async #requireSize(handle: FileHandle, content: ContentRef): Promise<FileHandle> {
    const stats = await handle.stat();
    if (stats.isFile() && stats.size === content.size) return handle;
    await handle.close();
    throw this.#trouble('damaged', content.key, `size ${String(stats.size)} instead of ${String(content.size)}`);
  }

  /** Readers look at a shard again every few seconds, not for every file. */
  async #requireSeenShard(shard: string, key: string): Promise<void> {
    const now = performance.now();
    if (now - (this.#seenShards.get(shard) ?? -Infinity) < LOOK_AGAIN) return;
    await this.#requireFolder(shard, key);
    this.#seenShards.set(shard, now);
  }

  /** Refuses a folder that somebody replaced by a link (PTH-07). A missing one is left to the next call to name. */
  async #requireFolder(path: string, key: string): Promise<void> {
    const kind = await kindOf(path);
    if (kind !== 'folder' && kind !== 'missing') throw this.#trouble('planted', key, 'folder is a link');
  }

  /** Runs a system call of the write path; trouble other than a lack of room shows in `/readyz` (DUR-04). */
  async #disk<T>(key: string, call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      const failure = diskFailure(error);
      if (failure.code === 'internal' && !(error instanceof Failure)) {
        this.#health = { ok: false, reason: `Storing failed: ${errorCode(error) || 'unknown error'}.` };
        this.#report({ kind: 'io', key, detail: failure.detail ?? '' });
      }
      throw failure;
    }
  }

  #trouble(kind: ContentTrouble['kind'], key: string, detail: string): Failure {
    this.#report({ kind, key, detail });
    return new Failure('internal', 'The file could not be stored or read.', { detail: `${kind} ${key}: ${detail}` });
  }

  #pathOf(key: string): string {
    return join(this.#blobs, shardOf(key), key);
  }
}

/** What cannot be removed now is left to the sweep. */
async function removeQuietly(path: string): Promise<void> {
  await rm(path, { force: true }).catch(() => undefined);
}
