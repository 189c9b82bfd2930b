import { createHash, type Hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { diskFailure } from './disk-calls.js';
import type { ByteRange } from './content-store.js';

// Each read crosses a thread: large ones double the throughput (dependencies.md 5).
const CHUNK = 1024 * 1024;

/** What a reader is told about the bytes it reads. */
export interface DiskReaderOptions {
  readonly range: ByteRange;
  /** Set when the whole file is read: the hash it must have. */
  readonly sha256: string | undefined;
  /** Makes the error for bytes that are not what was stored. */
  onDamage(detail: string): Error;
}

/** A stream over an open file. Holds back the last chunk until the hash of the whole has been compared (DUR-05). */
export class DiskReader extends Readable {
  readonly #handle: FileHandle;
  readonly #options: DiskReaderOptions;
  readonly #hash: Hash | undefined;
  #position: number;

  constructor(handle: FileHandle, options: DiskReaderOptions) {
    super({ highWaterMark: CHUNK });
    this.#handle = handle;
    this.#options = options;
    this.#hash = options.sha256 === undefined ? undefined : createHash('sha256');
    this.#position = options.range.start;
  }

  override _read(): void {
    this.#next().then(
      (chunk) => this.push(chunk),
      (error: unknown) => this.destroy(error as Error),
    );
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#handle.close().then(
      () => {
        done(error);
      },
      (closing: unknown) => {
        done(error ?? (closing as Error));
      },
    );
  }

  async #next(): Promise<Buffer | null> {
    const left = this.#options.range.end + 1 - this.#position;
    if (left <= 0) return this.#compare(null);
    const chunk = await this.#readAt(Math.min(CHUNK, left));
    this.#hash?.update(chunk);
    this.#position += chunk.length;
    return chunk.length === left ? this.#compare(chunk) : chunk;
  }

  async #readAt(size: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafe(size);
    const { bytesRead } = await this.#handle.read(buffer, 0, size, this.#position).catch((error: unknown) => {
      throw diskFailure(error);
    });
    if (bytesRead === 0) throw this.#options.onDamage(`ends at ${String(this.#position)}`);
    return bytesRead === size ? buffer : buffer.subarray(0, bytesRead);
  }

  /** Passes on what is due once everything has been read; `#hash` is asked once, before the last bytes leave. */
  #compare(last: Buffer | null): Buffer | null {
    if (last === null && this.#position > this.#options.range.start) return null;
    if (this.#hash !== undefined && this.#hash.digest('hex') !== this.#options.sha256) {
      throw this.#options.onDamage('has another hash');
    }
    return last;
  }
}
