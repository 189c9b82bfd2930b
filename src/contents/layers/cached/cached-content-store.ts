import type { Readable } from 'node:stream';
import { WholeBody, type Transaction } from '../../../platform/index.js';
import type { ByteSpan, StoreHealth } from '../../driver/index.js';
import type {
  ContentRef,
  ContentStore,
  PutOptions,
  Soundness,
  StoredContent,
  SweepOptions,
  Swept,
} from '../../store/content-store.js';

/** Contents up to this size are kept, bytes. */
const SMALL = 64 * 1024;

/** Most bytes that are kept in all. */
const ROOM = 32 * 1024 * 1024;

/**
 * Caches small contents of another store in memory. A content never changes under its key, so a copy whose hash was
 * checked when it was read stays valid. Bounded; the least recently used content is dropped first.
 */
export class CachedContentStore implements ContentStore {
  readonly #inner: ContentStore;
  /** In order of use: a Map keeps the order in which keys were set. */
  readonly #kept = new Map<string, Buffer>();
  #bytes = 0;

  constructor(inner: ContentStore) {
    this.#inner = inner;
  }

  async open(content: ContentRef, range?: ByteSpan, signal?: AbortSignal): Promise<Readable> {
    if (content.size > SMALL || content.size === 0) return this.#inner.open(content, range, signal);
    const whole = this.#used(content.key) ?? (await this.#read(content, signal));
    if (range !== undefined && (range.start < 0 || range.start > range.end || range.end >= content.size)) {
      return this.#inner.open(content, range, signal);
    }
    const bytes = range === undefined ? whole : whole.subarray(range.start, range.end + 1);
    return new WholeBody(bytes);
  }

  async put(source: Readable | AsyncIterable<Uint8Array>, options?: PutOptions): Promise<StoredContent> {
    return this.#inner.put(source, options);
  }

  async keep(trx: Transaction, stored: StoredContent): Promise<void> {
    return this.#inner.keep(trx, stored);
  }

  async remove(key: string): Promise<void> {
    this.#forget(key);
    await this.#inner.remove(key);
  }

  async moveOut(): Promise<number> {
    return this.#inner.moveOut();
  }

  async sweepDrafts(): Promise<number> {
    return this.#inner.sweepDrafts();
  }

  async sweep(options: SweepOptions): Promise<Swept> {
    return this.#inner.sweep(options);
  }

  async verify(content: ContentRef): Promise<Soundness> {
    return this.#inner.verify(content);
  }

  async health(): Promise<StoreHealth> {
    return this.#inner.health();
  }

  #used(key: string): Buffer | undefined {
    const bytes = this.#kept.get(key);
    if (bytes === undefined) return undefined;
    this.#kept.delete(key);
    this.#kept.set(key, bytes);
    return bytes;
  }

  async #read(content: ContentRef, signal: AbortSignal | undefined): Promise<Buffer> {
    const pieces: Buffer[] = [];
    for await (const piece of await this.#inner.open(content, undefined, signal)) pieces.push(piece as Buffer);
    const bytes = Buffer.concat(pieces);
    this.#forget(content.key);
    this.#kept.set(content.key, bytes);
    this.#bytes += bytes.length;
    this.#makeRoom();
    return bytes;
  }

  #makeRoom(): void {
    for (const key of this.#kept.keys()) {
      if (this.#bytes <= ROOM) return;
      this.#forget(key);
    }
  }

  #forget(key: string): void {
    this.#bytes -= this.#kept.get(key)?.length ?? 0;
    this.#kept.delete(key);
  }
}
