import type { Writable } from 'node:stream';
import { askerNow, InlineHash, LendingBody, type HashThread, type PieceHash } from '../../platform/index.js';
import type { ByteSpan, OpenBlob } from '../driver/index.js';
import { LentBuffers } from './lent-buffers.js';

// Each read is a call to a thread, so small reads are slow. A reader holds two chunks, one here and one on its
// connection, and a thousand slow readers must fit into memory: at most 512 KiB each (ruling F-82).
const CHUNK = 192 * 1024;

/** Buffers of a reader: one is filled while the other is being sent. */
const LENT = 2;

/** Longer contents are hashed in a thread; for shorter ones the transfer costs more than it saves. Bytes. */
const LONG = 1024 * 1024;

/** What {@link ContentReader} needs to know of the bytes. */
export interface ContentReaderOptions {
  readonly range: ByteSpan;
  /** The expected hash; set only when the whole file is read. */
  readonly sha256: string | undefined;
  /** Hashes long contents, if given. */
  readonly thread: HashThread | undefined;
  /** Makes the error for damaged bytes. */
  onDamage(detail: string): unknown;
  /** Makes the error for a refusal of the medium. */
  onRefusal(refusal: unknown): unknown;
}

/**
 * A stream over an open blob. Holds back the last chunk until the hash of the whole has been compared (DUR-05). When
 * lent (`LendingBody`), it uses two buffers again and again, because a new buffer for each chunk costs more garbage
 * collection than reading the disk.
 */
export class ContentReader extends LendingBody {
  readonly #blob: OpenBlob;
  readonly #options: ContentReaderOptions;
  /** The hash since the first byte; only when the whole file is read. */
  #hash: PieceHash | undefined;
  #isCompared = false;
  /** The asker for whom it reads, noted now: later calls come from the connection and do not know it. */
  readonly #asker = askerNow();
  #position: number;

  constructor(blob: OpenBlob, options: ContentReaderOptions) {
    super({ highWaterMark: CHUNK });
    this.#blob = blob;
    this.#options = options;
    this.#position = options.range.start;
  }

  override _read(): void {
    this.#hash ??= this.#isChecked ? new InlineHash(this.#asker) : undefined;
    this.#next(Buffer.allocUnsafe(this.#due())).then(
      ({ chunk }) => this.push(chunk),
      (error: unknown) => this.destroy(error as Error),
    );
  }

  override lendTo(target: Writable): void {
    this.#lend(target).then(
      () => {
        this.push(null);
        this.resume();
      },
      (error: unknown) => this.destroy(error as Error),
    );
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (!this.#isCompared) this.#hash?.drop();
    this.#blob.close().then(
      () => {
        done(error);
      },
      (closing: unknown) => {
        done(error ?? (closing as Error));
      },
    );
  }

  async #lend(target: Writable): Promise<void> {
    const beside = this.#isChecked && this.#left() > LONG ? this.#options.thread?.begin() : undefined;
    this.#hash = beside ?? (this.#isChecked ? new InlineHash(this.#asker) : undefined);
    const size = this.#due();
    const buffers = new LentBuffers(LENT, () =>
      beside === undefined ? Buffer.allocUnsafeSlow(size) : Buffer.from(new SharedArrayBuffer(size)),
    );
    for (let isLast = false; !isLast;) {
      const buffer = await buffers.take();
      const { chunk, hashed } = await this.#next(buffer);
      isLast = this.#left() === 0;
      if (this.destroyed) return;
      if (isLast) target.end(chunk);
      // After an error the buffer may still be in use, so it is left to the garbage collector.
      else target.write(chunk, (error) => error ?? this.#onceHashed(hashed, () => buffers.giveBack(buffer)));
    }
  }

  #onceHashed(hashed: Promise<void> | undefined, work: () => void): void {
    if (hashed === undefined) work();
    else hashed.then(work, (error: unknown) => this.destroy(error as Error));
  }

  /** Bytes that are still to be read. */
  #left(): number {
    return Math.max(0, this.#options.range.end + 1 - this.#position);
  }

  /** Bytes of the next chunk. */
  #due(): number {
    return Math.min(CHUNK, this.#left());
  }

  get #isChecked(): boolean {
    return this.#options.sha256 !== undefined;
  }

  /**
   * Reads the next chunk. It may be sent while it is hashed, but the last one only after the hash has been compared.
   */
  async #next(buffer: Buffer): Promise<{ chunk: Buffer | null; hashed?: Promise<void> | undefined }> {
    const left = this.#left();
    if (left === 0) return { chunk: await this.#compare(null) };
    const chunk = await this.#readInto(buffer, Math.min(buffer.length, left));
    this.#position += chunk.length;
    const hashed = this.#hash?.update(chunk);
    // An error is reported where this is awaited, and by the digest.
    hashed?.catch(() => undefined);
    return chunk.length === left ? { chunk: await this.#compare(chunk) } : { chunk, hashed };
  }

  async #readInto(buffer: Buffer, size: number): Promise<Buffer> {
    const wanted = size === buffer.length ? buffer : buffer.subarray(0, size);
    const filled = await this.#blob.fill(wanted).catch((refusal: unknown) => {
      throw this.#options.onRefusal(refusal);
    });
    if (filled === 0) throw this.#options.onDamage(`ends at ${String(this.#position)}`);
    return filled === wanted.length ? wanted : wanted.subarray(0, filled);
  }

  /** Compares the hash once everything has been read, before the last bytes are sent. */
  async #compare<T extends Buffer | null>(last: T): Promise<T> {
    if (this.#isCompared || this.#hash === undefined) return last;
    this.#isCompared = true;
    if ((await this.#hash.digest()) !== this.#options.sha256) throw this.#options.onDamage('has another hash');
    return last;
  }
}
