import { Failure } from '../../../kernel/index.js';

/** Most changes that wait for another of the same thing. */
const WAITING = 64;

/** One change at a time of one thing, in the order in which they came; different things do not wait for each other. */
export class OneAtATime {
  readonly #lines = new Map<string, { last: Promise<unknown>; length: number }>();

  /** Runs `work` once those before it have ended, however they did. `unavailable` when too many wait. */
  async take<T>(thing: string, work: () => Promise<T>): Promise<T> {
    const line = this.#lines.get(thing) ?? { last: Promise.resolve(), length: 0 };
    if (line.length > WAITING) {
      throw new Failure('unavailable', 'Too many are changing this at the moment.', { retryAfter: 5 });
    }
    const turn = line.last.then(work, work);
    line.last = turn.catch(() => undefined);
    line.length += 1;
    this.#lines.set(thing, line);
    try {
      return await turn;
    } finally {
      line.length -= 1;
      if (line.length === 0) this.#lines.delete(thing);
    }
  }
}
