import { keepNewest } from '../../platform/index.js';
import type { WaitingAsker } from './claims.js';

/** How many transfers run at a time in one process. */
export interface TransferLimits {
  readonly total: number;
  readonly perAsker: number;
}

/** Askers whose last turn is remembered. */
const MOST_REMEMBERED = 1_000;

/** The transfers under way in this process, and whose turn it is next. */
export class TransferSlots {
  readonly #limits: TransferLimits;
  /** By asker. */
  readonly #running = new Map<string, number>();
  /** The number of the turn in which somebody was last served. */
  readonly #served = new Map<string, number>();
  #turn = 0;
  #taken = 0;

  constructor(limits: TransferLimits) {
    this.#limits = limits;
  }

  /** True while nothing more may begin. */
  get areFull(): boolean {
    return this.#taken >= this.#limits.total;
  }

  /** Those whose transfers may begin now: who has least under way first, then who was served longest ago, then who waits longest. */
  inOrder(waiting: readonly WaitingAsker[]): string[] {
    return waiting
      .filter(({ actor }) => this.#count(actor) < this.#limits.perAsker)
      .sort((a, b) => this.#count(a.actor) - this.#count(b.actor) || this.#last(a) - this.#last(b) || a.since - b.since)
      .map(({ actor }) => actor);
  }

  /** Holds a slot until the answered function is called. */
  hold(actor: string): () => void {
    this.#taken += 1;
    this.#turn += 1;
    this.#running.set(actor, this.#count(actor) + 1);
    keepNewest(this.#served, actor, this.#turn, MOST_REMEMBERED);
    return () => {
      this.#taken -= 1;
      const left = this.#count(actor) - 1;
      if (left === 0) this.#running.delete(actor);
      else this.#running.set(actor, left);
    };
  }

  #count(actor: string): number {
    return this.#running.get(actor) ?? 0;
  }

  #last({ actor }: WaitingAsker): number {
    return this.#served.get(actor) ?? 0;
  }
}
