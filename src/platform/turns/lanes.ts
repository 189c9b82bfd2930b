import { Turns } from './turns.js';

/**
 * Lets one piece of work at a time run per lane (such as a tree). In each lane the waiting ones take turns by asker, so
 * that a member of a shared folder cannot keep its owner from their own files by writing to it (DOS-06).
 */
export class Lanes {
  readonly #lanes = new Map<string, Turns>();
  readonly #waiting: number;

  /** `waiting`: how many calls of one asker may wait in a lane; more are refused `too-many`. */
  constructor({ waiting }: { readonly waiting: number }) {
    this.#waiting = waiting;
  }

  /** Does `work` while nobody else is at work in this lane. Throws as {@link Turns.take} does. */
  async during<T>(lane: string, work: () => Promise<T>): Promise<T> {
    const turns = this.#lanes.get(lane) ?? new Turns({ atOnce: 1, each: 1, waiting: this.#waiting });
    this.#lanes.set(lane, turns);
    try {
      return await turns.during(work);
    } finally {
      if (turns.isIdle && this.#lanes.get(lane) === turns) this.#lanes.delete(lane);
    }
  }
}
