import { createHash } from 'node:crypto';
import { invalid } from '../kernel/index.js';
import { Adler32 } from './adler32.js';
import type { PutOptions, StoredContent } from './content-store.js';
import { sniffMimetype, SNIFF_BYTES } from './mimetype.js';

/** Counts, hashes and judges the bytes of one upload while they pass (reliability.md 1, steps 2 and 3). */
export class Intake {
  readonly #options: PutOptions;
  readonly #sha256 = createHash('sha256');
  readonly #adler32 = new Adler32();
  readonly #head: Uint8Array[] = [];
  #headSize = 0;
  #size = 0;

  constructor(options: PutOptions) {
    this.#options = options;
  }

  /** Admits bytes before they are written; throws as soon as they are more than they may be. */
  admit(bytes: Uint8Array): void {
    const { expectedSize } = this.#options;
    this.#size += bytes.length;
    this.#options.admit?.(this.#size);
    if (expectedSize !== undefined && this.#size > expectedSize) throw invalid('The file is longer than announced.');
  }

  /** Takes bytes into the sums. They may be on their way to the disk at the same time. */
  digest(bytes: Uint8Array): void {
    this.#sha256.update(bytes);
    this.#adler32.update(bytes);
    if (this.#headSize >= SNIFF_BYTES) return;
    // A copy: a slice would keep the whole chunk in memory.
    const part = Uint8Array.from(bytes.subarray(0, SNIFF_BYTES - this.#headSize));
    this.#head.push(part);
    this.#headSize += part.length;
  }

  /** After the last byte: throws unless the length and the checksum are as announced. */
  async finish(): Promise<Omit<StoredContent, 'key'>> {
    const { expectedSize, expectedSha256 } = this.#options;
    if (expectedSize !== undefined && this.#size !== expectedSize) throw invalid('The file is shorter than announced.');
    const sha256 = this.#sha256.digest();
    if (expectedSha256 !== undefined && !sha256.equals(expectedSha256)) throw invalid('The checksum does not match.');
    const mimetype = await sniffMimetype(Buffer.concat(this.#head), this.#size);
    return { size: this.#size, sha256: sha256.toString('hex'), adler32: this.#adler32.value(), mimetype };
  }
}
