import type { Clock } from '../../../kernel/index.js';
import {
  BlobRefusal,
  type BlobStat,
  type ByteSpan,
  type Driver,
  type OpenBlob,
  type SettingAside,
  type StoreHealth,
  type WriteOptions,
} from '../../driver/index.js';

interface Blob {
  readonly bytes: Buffer;
  readonly writtenAt: number;
}

const PAGE = 500;

/** Keeps blobs in memory, for tests. */
export class MemoryDriver implements Driver, SettingAside {
  readonly abilities = { setsAside: true, leavesDrafts: false };
  readonly #clock: Clock;
  readonly #blobs = new Map<string, Blob>();
  readonly #aside = new Map<string, Blob & { readonly since: number }>();

  constructor({ clock }: { readonly clock: Clock }) {
    this.#clock = clock;
  }

  async write(key: string, chunks: AsyncIterable<readonly Uint8Array[]>, { signal }: WriteOptions = {}): Promise<void> {
    const parts: Uint8Array[] = [];
    for await (const batch of chunks) parts.push(...batch.map((chunk) => Uint8Array.from(chunk)));
    signal?.throwIfAborted();
    if (this.#blobs.has(key)) throw new BlobRefusal('taken', 'blob');
    this.#blobs.set(key, { bytes: Buffer.concat(parts), writtenAt: this.#clock.now() });
  }

  async read(key: string, range?: ByteSpan, signal?: AbortSignal): Promise<OpenBlob> {
    await Promise.resolve();
    signal?.throwIfAborted();
    const blob = this.#blobs.get(key);
    if (blob === undefined) throw new BlobRefusal('missing', 'no such blob');
    return new OpenBytes(blob.bytes, range);
  }

  stat(key: string): Promise<BlobStat | undefined> {
    const blob = this.#blobs.get(key);
    return Promise.resolve(blob && { size: blob.bytes.length, writtenAt: blob.writtenAt });
  }

  list(after: string): Promise<string[]> {
    const keys = [...this.#blobs.keys()].filter((key) => key > after);
    return Promise.resolve(keys.sort().slice(0, PAGE));
  }

  remove(key: string): Promise<void> {
    this.#blobs.delete(key);
    return Promise.resolve();
  }

  health(): Promise<StoreHealth> {
    return Promise.resolve({ ok: true });
  }

  setAside(key: string, since: number): Promise<boolean> {
    const blob = this.#blobs.get(key);
    if (blob !== undefined) this.#aside.set(key, { ...blob, since });
    return Promise.resolve(this.#blobs.delete(key));
  }

  takeBack(key: string): Promise<boolean> {
    const blob = this.#aside.get(key);
    if (blob !== undefined) this.#blobs.set(key, blob);
    return Promise.resolve(this.#aside.delete(key));
  }

  async *asideUntil(until: number): AsyncGenerator<string> {
    await Promise.resolve();
    for (const [key, { since }] of [...this.#aside]) if (since <= until) yield key;
  }

  erase(key: string): Promise<void> {
    this.#aside.delete(key);
    return Promise.resolve();
  }
}

/** Copies bytes into the reader's buffer, as every medium does, so that a reader never gets the blob itself. */
class OpenBytes implements OpenBlob {
  readonly size: number;
  #left: Buffer;

  constructor(bytes: Buffer, range: ByteSpan | undefined) {
    this.size = bytes.length;
    this.#left = range === undefined ? bytes : bytes.subarray(range.start, range.end + 1);
  }

  fill(buffer: Buffer): Promise<number> {
    const count = this.#left.copy(buffer);
    this.#left = this.#left.subarray(count);
    return Promise.resolve(count);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
