/**
 * The buffers of one reader. A buffer is in use from `take` until `giveBack`. They may come back in any order; one that
 * is never given back is never handed out again.
 */
export class LentBuffers {
  readonly #make: () => Buffer;
  readonly #free: Buffer[] = [];
  #unmade: number;
  #waiting: ((buffer: Buffer) => void) | undefined;

  /** `count` buffers, each made when it is first needed. */
  constructor(count: number, make: () => Buffer) {
    this.#unmade = count;
    this.#make = make;
  }

  /** Resolves with a free buffer; must not be called again before. Never resolves if none is given back. */
  take(): Promise<Buffer> {
    const buffer = this.#free.pop() ?? this.#another();
    if (buffer !== undefined) return Promise.resolve(buffer);
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  /** Marks a buffer as free. */
  giveBack(buffer: Buffer): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting === undefined) this.#free.push(buffer);
    else waiting(buffer);
  }

  #another(): Buffer | undefined {
    if (this.#unmade === 0) return undefined;
    this.#unmade -= 1;
    return this.#make();
  }
}
