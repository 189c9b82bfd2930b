import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { MEBI } from './figures.js';

const CHUNK = MEBI / 4;

/** Bytes that cannot be compressed, the same for the same seed. */
function chunkOf(seed: string): Buffer {
  const blocks = Array.from({ length: CHUNK / 32 }, (_, index) =>
    createHash('sha256')
      .update(`${seed} ${String(index)}`)
      .digest(),
  );
  return Buffer.concat(blocks);
}

/** A stream of so many bytes (whole quarters of a MiB) that costs little to make: one chunk with its number, repeated. */
export function streamOf(size: number): Readable {
  return Readable.from(chunksOf(size), { objectMode: false, highWaterMark: CHUNK });
}

function* chunksOf(size: number): Generator<Buffer> {
  const chunk = chunkOf('bench');
  for (let number = 0; number < size / CHUNK; number += 1) {
    const numbered = Buffer.from(chunk);
    numbered.writeUInt32BE(number);
    yield numbered;
  }
}

/** Checks in passing that what arrives is {@link streamOf} so many bytes; `isWhole` after the last one. */
export class ContentCheck {
  readonly #expected: Iterator<Buffer>;
  readonly #size: number;
  #rest: Buffer = Buffer.alloc(0);
  #passed = 0;
  #isRight = true;

  constructor(size: number) {
    this.#expected = chunksOf(size);
    this.#size = size;
  }

  look(chunk: Buffer): void {
    this.#passed += chunk.length;
    for (let at = 0; at < chunk.length && this.#isRight;) {
      if (this.#rest.length === 0) this.#rest = this.#expected.next().value ?? Buffer.alloc(0);
      const length = Math.min(this.#rest.length, chunk.length - at);
      this.#isRight = length > 0 && this.#rest.compare(chunk, at, at + length, 0, length) === 0;
      this.#rest = this.#rest.subarray(length);
      at += length;
    }
  }

  get isWhole(): boolean {
    return this.#isRight && this.#passed === this.#size;
  }
}
