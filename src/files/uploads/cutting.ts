import { addAbortSignal, type Readable } from 'node:stream';
import { Failure, isFailure } from '../../kernel/index.js';

/** Cuts what comes in into pieces, so that a connection that breaks loses one piece at the most and not all. */
export class Cutting {
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #see: (chunk: Uint8Array) => void;
  /** The chunk with which the next piece begins. */
  #first: Uint8Array | undefined;
  #error: unknown;

  /** `see`: is called with every chunk that a piece takes. */
  constructor(body: Readable, signal: AbortSignal | undefined, see: (chunk: Uint8Array) => void) {
    this.#chunks = (signal === undefined ? body : addAbortSignal(signal, body)).iterator({ destroyOnReturn: false });
    // Reported where the chunks are asked for.
    body.on('error', () => undefined);
    this.#see = see;
  }

  /** Whether there is anything for a further piece. */
  async hasMore(): Promise<boolean> {
    while (this.#first === undefined || this.#first.length === 0) {
      const next = await this.#next();
      if (next === undefined) return false;
      this.#first = next;
    }
    return true;
  }

  /** The next piece: at least one byte after {@link hasMore}, and no chunk more than `size`. What broke off ends it. */
  async *piece(size: number): AsyncGenerator<Uint8Array> {
    let taken = 0;
    for (let chunk = this.#first; chunk !== undefined; chunk = taken < size ? await this.#next() : undefined) {
      this.#first = undefined;
      taken += chunk.length;
      this.#see(chunk);
      yield chunk;
    }
  }

  /** Throws what broke it off, once all that came before has been taken. */
  throwIfBroken(): void {
    if (this.#error === undefined) return;
    throw isFailure(this.#error)
      ? this.#error
      : new Failure('invalid', 'The upload broke off.', { cause: this.#error });
  }

  async #next(): Promise<Uint8Array | undefined> {
    if (this.#error !== undefined) return undefined;
    try {
      const next = await this.#chunks.next();
      return next.done === true ? undefined : next.value;
    } catch (error) {
      this.#error = error ?? new Error('broken off');
      return undefined;
    }
  }
}
