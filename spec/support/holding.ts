import { Writable } from 'node:stream';

/**
 * A slow target: it looks at a piece when it calls back, not when it gets it, and so notices if the piece was changed
 * meanwhile.
 */
export class Holding extends Writable {
  received = 0;
  wrong = 0;
  readonly buffers = new Set<ArrayBufferLike>();
  readonly #expected: Buffer;
  readonly #pause: () => Promise<void>;

  constructor(expected: Buffer, pause: () => Promise<void>) {
    super({ highWaterMark: 1 });
    this.#expected = expected;
    this.#pause = pause;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    const start = this.received;
    this.received += chunk.length;
    this.buffers.add(chunk.buffer);
    void this.#pause().then(() => {
      if (!this.#expected.subarray(start, start + chunk.length).equals(chunk)) this.wrong += 1;
      done();
    });
  }
}

/** Answers a function that waits for a varying number of turns of the event loop, fewer than `most`. */
export const turns = (most: number): (() => Promise<void>) => {
  let times = 0;
  return async () => {
    times += 5;
    for (let left = times % most; left > 0; left -= 1) await new Promise(setImmediate);
  };
};
