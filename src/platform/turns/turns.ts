import { Failure, SECOND } from '../../kernel/index.js';
import { askerNow, OWN_WORK, requestNow } from './asker.js';
import { WaitingQueues } from './waiting-queues.js';

/** Ends a turn; safe to call twice. */
export type Release = () => void;

/** How many may be at work, and how many may wait. */
export interface TurnsOptions {
  /** Most turns at the same time. */
  readonly atOnce: number;
  /** Most turns at the same time for one key. */
  readonly each: number;
  /** The same while other keys have asked within the last second; default {@link each}. */
  readonly eachBeside?: number;
  /** How many of all turns are kept for {@link OWN_WORK}; default 0. */
  readonly kept?: number;
  /** Waiting for one key but {@link OWN_WORK}; more are refused `too-many`. Default 512. */
  readonly waiting?: number;
  /** Waiting for all keys together, likewise; default without limit. */
  readonly inAll?: number;
  /** Makes the refusal when the limit of all waiting calls is reached. */
  readonly crowded?: () => Failure;
}

/** Longest wait of a request before it is refused (scale.md 2.3), milliseconds. Own work may wait longer. */
export const PATIENCE = 2 * SECOND;
const PATIENCE_OF_OWN_WORK = 60 * SECOND;

const WAITING = 512;

/** How long after another key has asked a key does not count as alone, milliseconds. */
const COMPANY = SECOND;

interface Waiter {
  readonly go: () => void;
}

/**
 * Gives turns for something scarce (connections, the writer of a database, hashing) round robin by key, by default the
 * asker: an asker with a thousand calls at once delays only their own.
 */
export class Turns {
  readonly #options: Required<TurnsOptions>;
  readonly #waiting = new WaitingQueues<Waiter>();
  readonly #atWork = new Map<string, number>();
  readonly #company = new Company();
  #total = 0;

  constructor(options: TurnsOptions) {
    this.#options = {
      kept: 0,
      eachBeside: options.each,
      waiting: WAITING,
      inAll: Infinity,
      crowded: tooMany,
      ...options,
    };
  }

  /**
   * Waits for a turn and answers how to give it back. Throws `too-many` when too many wait under this key, and
   * `unavailable` when the request has waited for two seconds, its waits before this one included; both say when to try again.
   */
  async take(key: string = askerNow()): Promise<Release> {
    if (key !== OWN_WORK) this.#company.seen(key);
    if (this.#waiting.count(key) > 0 || !this.#may(key)) await this.#wait(key);
    else this.#begin(key);
    return this.#releaseOf(key);
  }

  /** True while nobody is at work and nobody waits. */
  get isIdle(): boolean {
    return this.#total === 0 && this.#waiting.size === 0;
  }

  /** Does `work` in a turn. */
  async during<T>(work: () => Promise<T>, key: string = askerNow()): Promise<T> {
    const release = await this.take(key);
    try {
      return await work();
    } finally {
      release();
    }
  }

  /**
   * True while a turn is free, for this key and in all. A call waits only while no turn is free or its key has all of
   * its own; {@link OWN_WORK} has no limit per key, and some turns are kept for it.
   */
  #may(key: string): boolean {
    const { atOnce, each, eachBeside, kept } = this.#options;
    if (this.#total >= (key === OWN_WORK ? atOnce : atOnce - kept)) return false;
    return key === OWN_WORK || (this.#atWork.get(key) ?? 0) < (this.#company.isThere ? eachBeside : each);
  }

  #begin(key: string): void {
    this.#total += 1;
    this.#atWork.set(key, (this.#atWork.get(key) ?? 0) + 1);
  }

  #releaseOf(key: string): Release {
    let isHeld = true;
    return () => {
      if (isHeld) this.#end(key);
      isHeld = false;
    };
  }

  #end(key: string): void {
    this.#total -= 1;
    const left = (this.#atWork.get(key) ?? 1) - 1;
    if (left === 0) this.#atWork.delete(key);
    else this.#atWork.set(key, left);
    const next = (): Waiter | undefined => this.#waiting.next((candidate) => this.#may(candidate));
    // Possibly several: when no other key has asked for a while, a key may have more turns again.
    for (let waiter = next(); waiter !== undefined; waiter = next()) waiter.go();
  }

  #wait(key: string): Promise<void> {
    const { waiting, inAll, crowded } = this.#options;
    const isFull = key !== OWN_WORK && this.#waiting.count(key) >= waiting;
    if (isFull || this.#waiting.size >= inAll) throw crowded();
    const [request, since] = [requestNow(), performance.now()];
    const patience = key === OWN_WORK ? PATIENCE_OF_OWN_WORK : PATIENCE - (request?.waitedLately ?? 0);
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        go: () => {
          clearTimeout(timer);
          request?.hasWaited(performance.now() - since);
          this.#begin(key);
          resolve();
        },
      };
      const timer = setTimeout(
        () => {
          this.#waiting.remove(key, waiter);
          reject(busy());
        },
        Math.max(0, patience),
      );
      this.#waiting.add(key, waiter);
    });
  }
}

/** Tells whether only one key asks, so that nobody else is kept waiting. */
class Company {
  #latest: string | undefined;
  /** When a call came whose key differed from the one before, by the monotonic clock. */
  #changed = -Infinity;

  seen(key: string): void {
    if (key === this.#latest) return;
    if (this.#latest !== undefined) this.#changed = performance.now();
    this.#latest = key;
  }

  get isThere(): boolean {
    return performance.now() - this.#changed < COMPANY;
  }
}

function tooMany(): Failure {
  const message = 'Too many requests at once. Wait for earlier ones to be answered.';
  return new Failure('too-many', message, { retryAfter: 2 });
}

/** The refusal of a call that has waited too long for a turn. */
export function busy(): Failure {
  return new Failure('unavailable', 'This cloud is busy. Try again in a few seconds.', { retryAfter: 2 });
}
