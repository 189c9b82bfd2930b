import { setImmediate as nextRound } from 'node:timers/promises';
import { invalid } from '../../kernel/index.js';
import { turnOfLoop, type HashThread } from '../../platform/index.js';
import { Adler32 } from './adler32.js';
import { inBatches } from './batches.js';
import { beginBytesHash, type BytesHash } from './bytes-hash.js';
import type { PutOptions, StoredContent } from './content-store.js';
import { sniffMimetype, SNIFF_BYTES } from './mimetype.js';

/** Bytes that are gathered before the medium is called. */
const WRITE_BATCH = 1024 * 1024;

/** Counts, hashes and checks the bytes of one upload while they pass (reliability.md 1, steps 2 and 3). */
export class Intake {
  readonly #options: PutOptions;
  readonly #thread: HashThread | undefined;
  #sha256: BytesHash | undefined;
  readonly #adler32 = new Adler32();
  readonly #head: Uint8Array[] = [];
  #headSize = 0;
  #size = 0;
  #facts: Omit<StoredContent, 'key'> | undefined;

  /** `thread` hashes long contents. */
  constructor(options: PutOptions, thread?: HashThread) {
    this.#options = options;
    this.#thread = thread;
  }

  /**
   * Passes the chunks of an upload on to a medium, in batches. Hashes are computed while the medium writes. If the
   * bytes are not as announced, it throws before the end, so that no medium keeps them. At the end `facts` are known.
   */
  async *pass(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<readonly Uint8Array[]> {
    const batches = inBatches(chunks, WRITE_BATCH, (chunk) => {
      this.admit(chunk);
    });
    for await (const batch of batches) {
      const digested = this.#digestSoon(batch);
      // If the medium fails first, nobody awaits this.
      digested.catch(() => undefined);
      yield batch;
      await digested;
    }
    this.#facts = await this.finish();
  }

  /** The facts about all bytes that have passed. */
  get facts(): Omit<StoredContent, 'key'> {
    if (this.#facts === undefined) throw new Error('the content has not passed yet');
    return this.#facts;
  }

  /** Starts the medium first, so that it works while the event loop hashes. */
  async #digestSoon(batch: readonly Uint8Array[]): Promise<void> {
    await nextRound();
    await turnOfLoop();
    await this.digest(batch);
  }

  /** Checks bytes before they are written; throws as soon as there are more than announced or admitted. */
  admit(bytes: Uint8Array): void {
    const { expectedSize } = this.#options;
    this.#size += bytes.length;
    this.#options.admit?.(this.#size);
    if (expectedSize !== undefined && this.#size > expectedSize) throw invalid('The file is longer than announced.');
  }

  /** Adds bytes to the hashes; resolves when that is done. The medium may read them at the same time. */
  async digest(batch: readonly Uint8Array[]): Promise<void> {
    this.#sha256 ??= beginBytesHash(batch, this.#thread);
    for (const bytes of batch) {
      await this.#sha256.update(bytes);
      this.#adler32.update(bytes);
      this.#look(bytes);
    }
  }

  #look(bytes: Uint8Array): void {
    if (this.#headSize >= SNIFF_BYTES) return;
    // Copied, because a slice would keep the whole chunk in memory.
    const part = Uint8Array.from(bytes.subarray(0, SNIFF_BYTES - this.#headSize));
    this.#head.push(part);
    this.#headSize += part.length;
  }

  /** To be called after the last byte: throws unless length and digest are as announced. */
  async finish(): Promise<Omit<StoredContent, 'key'>> {
    const { expectedSize, expectedSha256 } = this.#options;
    if (expectedSize !== undefined && this.#size !== expectedSize) throw invalid('The file is shorter than announced.');
    const sha256 = await (this.#sha256 ?? beginBytesHash([], undefined)).digest();
    if (expectedSha256 !== undefined && !sha256.equals(expectedSha256)) throw invalid('The checksum does not match.');
    const mimetype = await sniffMimetype(Buffer.concat(this.#head), this.#size);
    return { size: this.#size, sha256: sha256.toString('hex'), adler32: this.#adler32.value(), mimetype };
  }

  /** Called when the upload is over, however it ended. */
  end(): void {
    this.#sha256?.end();
  }
}
