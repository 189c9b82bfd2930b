/** How long all long work together may take in one turn of the event loop, milliseconds. */
const SHARE = 10;

/**
 * Shares the event loop between long work and everything else (ruling F-60): a loop over many entries calls {@link
 * rest} after each few of them. When long work has used its share of this turn, the caller waits in a queue, and one
 * waiting caller continues per turn. So ten long listings together hold the loop no longer than one.
 */
class LongWork {
  readonly #waiting: (() => void)[] = [];
  /** When long work began in this turn, by the monotonic clock. */
  #began: number | undefined;

  /** Undefined when there is time left in this turn, which saves a promise; otherwise resolves in a later one. */
  rest(): Promise<void> | undefined {
    this.#began ??= this.#begin();
    if (this.#waiting.length === 0 && performance.now() - this.#began < SHARE) return undefined;
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  #begin(): number {
    setImmediate(() => {
      const next = this.#waiting.shift();
      this.#began = next === undefined ? undefined : this.#begin();
      next?.();
    });
    return performance.now();
  }
}

/** The one event loop of this process. */
export const longWork = new LongWork();

/**
 * Does long work of unknown length in pieces, resting after each (F-60): as long as a piece answers that it has found as many
 * things as it takes at once, `most`.
 */
export async function inPieces(most: number, piece: () => Promise<number>): Promise<void> {
  let found = most;
  while (found === most) {
    found = await piece();
    await longWork.rest();
  }
}
