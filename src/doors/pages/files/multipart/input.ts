import { invalid } from '../../../../kernel/index.js';

/** Reads bytes as they come in, up to a mark and no further; keeps one piece and the length of a mark in memory. */
export class Input {
  readonly #source: AsyncIterator<Buffer>;
  #held: Buffer;

  /** `before` stands in front of what comes in. */
  constructor(source: AsyncIterator<Buffer>, before: Buffer) {
    this.#source = source;
    this.#held = before;
  }

  /** What stands before the mark, piece by piece, then the end; the mark is taken too. Throws `invalid` without one. */
  async *upTo(mark: Buffer): AsyncGenerator<Buffer> {
    for (;;) {
      const at = this.#held.indexOf(mark);
      const safe = at === -1 ? this.#held.length - mark.length + 1 : at;
      const piece = safe > 0 ? this.#take(safe) : undefined;
      if (at !== -1) this.#take(mark.length);
      if (piece !== undefined) yield piece;
      if (at !== -1) return;
      await this.#more();
    }
  }

  /** {@link upTo} as one piece of at most `longest` bytes; undefined when it is longer. */
  async block(mark: Buffer, longest: number): Promise<Buffer | undefined> {
    const pieces: Buffer[] = [];
    let size = 0;
    for await (const piece of this.upTo(mark)) {
      size += piece.length;
      if (size > longest) return undefined;
      pieces.push(piece);
    }
    return Buffer.concat(pieces);
  }

  /** The next `length` bytes, which stay. */
  async peek(length: number): Promise<Buffer> {
    while (this.#held.length < length) await this.#more();
    return this.#held.subarray(0, length);
  }

  /** Takes what is left and throws it away. */
  async drain(): Promise<void> {
    while ((await this.#source.next()).done !== true);
  }

  #take(length: number): Buffer {
    const piece = this.#held.subarray(0, length);
    this.#held = this.#held.subarray(length);
    return piece;
  }

  async #more(): Promise<void> {
    const next = await this.#source.next();
    if (next.done === true) throw invalid('The form broke off. Please send the files again.');
    this.#held = this.#held.length === 0 ? next.value : Buffer.concat([this.#held, next.value]);
  }
}
