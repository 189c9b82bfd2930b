import { createHash } from 'node:crypto';
import type { HashThread, PieceHash } from '../../platform/index.js';
import { LentBuffers } from './lent-buffers.js';

/** Computes SHA-256 of bytes that the caller may use again afterwards. */
export interface BytesHash {
  /** Takes the next bytes; resolves when they are taken. Not called again before that. */
  update(bytes: Uint8Array): Promise<void> | void;
  /** The digest of all bytes. */
  digest(): Promise<Buffer> | Buffer;
  /** Ends the use of the hash, also without a digest. */
  end(): void;
}

/** A content whose first batch has at least this many bytes is hashed in a thread. */
const LONG = 1024 * 1024;

/** Bytes that are copied at a time, and how many such pieces may be ahead of the thread. */
const [PIECE, AHEAD] = [512 * 1024, 2];

/** Begins the hash of a content with this first batch: in the thread, if there is one and the content is long. */
export function beginBytesHash(first: readonly Uint8Array[], thread: HashThread | undefined): BytesHash {
  const size = first.reduce((sum, { length }) => sum + length, 0);
  const hash = size < LONG ? undefined : thread?.begin();
  return hash === undefined ? new LoopHash() : new CopyingHash(hash);
}

class LoopHash implements BytesHash {
  readonly #hash = createHash('sha256');

  update(bytes: Uint8Array): void {
    this.#hash.update(bytes);
  }

  digest(): Buffer {
    return this.#hash.digest();
  }

  end(): void {
    // A hash on the event loop holds nothing that has to be released.
  }
}

/** Copies bytes into memory that the thread shares, at most two pieces ahead of it. */
class CopyingHash implements BytesHash {
  readonly #hash: PieceHash;
  readonly #buffers = new LentBuffers(AHEAD, () => Buffer.from(new SharedArrayBuffer(PIECE)));
  #piece: Buffer | undefined;
  #filled = 0;
  #isOver = false;

  constructor(hash: PieceHash) {
    this.#hash = hash;
  }

  async update(bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length;) {
      const piece = (this.#piece ??= await this.#buffers.take());
      const part = bytes.subarray(done, done + PIECE - this.#filled);
      piece.set(part, this.#filled);
      this.#filled += part.length;
      done += part.length;
      if (this.#filled === PIECE) this.#hand(piece);
    }
  }

  async digest(): Promise<Buffer> {
    if (this.#piece !== undefined) this.#hand(this.#piece);
    this.#isOver = true;
    return Buffer.from(await this.#hash.digest(), 'hex');
  }

  end(): void {
    if (!this.#isOver) this.#hash.drop();
    this.#isOver = true;
  }

  #hand(piece: Buffer): void {
    const free = (): void => this.#buffers.giveBack(piece);
    // An error here is reported by the digest too.
    this.#hash.update(piece.subarray(0, this.#filled)).then(free, free);
    this.#piece = undefined;
    this.#filled = 0;
  }
}
