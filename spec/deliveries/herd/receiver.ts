import { SECOND, type Clock, type Random } from '../../../src/kernel/index.js';
import { spreadWish } from '../../../src/doors/door/retry-after.js';

/** For how long the receiver works at one message, milliseconds. */
export const SERVING = SECOND / 2;

/** What our own refusals ask for when too much is under way, seconds, before they are spread. */
const WISH = 2;

/** What a {@link Receiver} is made of. */
export interface ReceiverParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly atOnce: number;
  /** When it comes back, milliseconds. */
  readonly back: number;
}

/** The cloud that was away: it serves so many at once, and refuses the others as we do. */
export class Receiver {
  readonly #parts: ReceiverParts;
  readonly #seconds = new Map<number, number>();
  #serving = 0;
  asked = 0;
  refused = 0;

  constructor(parts: ReceiverParts) {
    this.#parts = parts;
  }

  /** One message arrives. A wish: it is refused, and may come again after so many seconds. */
  ask(): 'away' | 'served' | { readonly wish: number } {
    const { clock, random, atOnce, back } = this.#parts;
    if (clock.now() < back) return 'away';
    const second = Math.floor((clock.now() - back) / SECOND);
    this.#seconds.set(second, (this.#seconds.get(second) ?? 0) + 1);
    this.asked += 1;
    if (this.#serving >= atOnce) {
      this.refused += 1;
      return { wish: spreadWish(WISH, random) };
    }
    this.#serving += 1;
    return 'served';
  }

  /** A message that was served is answered. */
  answer(): void {
    this.#serving -= 1;
  }

  /** The requests of the busiest second. */
  get busiest(): number {
    return [...this.#seconds.values()].reduce((most, count) => Math.max(most, count), 0);
  }
}
