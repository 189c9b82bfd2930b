import { askerNow, OWN_WORK, type Asker } from './asker.js';
import { WaitingQueues } from './waiting-queues.js';
import { busy, PATIENCE } from './turns.js';

interface Waiter {
  /** Until when it waits; by the monotonic clock. */
  readonly until: number;
  readonly go: () => void;
  readonly refuse: () => void;
}

interface Beginning {
  readonly key: string;
  /** By the monotonic clock. */
  readonly at: number;
}

const NOBODY: Beginning = { key: OWN_WORK, at: -Infinity };

/** Milliseconds that the pieces of work of one round of the loop should take together. */
const ROUND = 2.5;

/**
 * An asker who began something within this time counts as active, because their next call comes when this one is
 * answered; milliseconds.
 */
const PRESENT = 1_000;

/**
 * Gives turns of the event loop. In each round of the loop a few pieces of work are begun: all of one asker who was
 * alone for the last second, or one of each of several askers. The rest waits for later rounds, round robin by asker.
 * So many requests at once are begun little by little, and the loop takes new requests in between; pieces that are
 * begun together can share the cost of asking the database.
 */
export class LoopTurns {
  readonly #most: number;
  readonly #waiting = new WaitingQueues<Waiter>();
  /** How many pieces may begin in a round, computed from how long the last ones took. */
  #share: number;
  #begun = 0;
  readonly #askers = new Set<string>();
  /** The last two different askers that began something, with the times. */
  #latest: Beginning = NOBODY;
  #earlier: Beginning = NOBODY;
  /** When this round began, if the one before left somebody waiting, so that no idle time is in between. */
  #since: number | undefined;

  /** `most`: of one round at most, however short they are. */
  constructor(most: number) {
    this.#most = most;
    this.#share = most;
  }

  /**
   * Undefined when it is this asker's turn already; otherwise a promise that resolves then, or rejects with
   * `unavailable` after `patience` milliseconds.
   */
  take(key: string, patience: number): Promise<void> | undefined {
    if (this.#waiting.isEmpty && this.#may(key)) {
      this.#waiting.went(key);
      this.#begin(key);
      return undefined;
    }
    return new Promise<void>((go, reject) => {
      const refuse = (): void => {
        reject(busy());
      };
      this.#waiting.add(key, { until: performance.now() + patience, go, refuse });
    });
  }

  #may(key: string): boolean {
    if (this.#begun === 0) return true;
    if (this.#begun >= this.#share) return false;
    return !this.#askers.has(key) || this.#isAlone(key);
  }

  /** A round full of one asker's pieces would take too long for another asker who sends one at a time. */
  #isAlone(key: string): boolean {
    if (this.#askers.size > 1 || this.#waiting.hasOthers(key)) return false;
    const other = this.#latest.key === key ? this.#earlier : this.#latest;
    return performance.now() - other.at > PRESENT;
  }

  #begin(key: string): void {
    if (this.#begun === 0) {
      setImmediate(() => {
        this.#nextRound();
      });
    }
    this.#begun += 1;
    this.#askers.add(key);
    if (this.#latest.key !== key) this.#earlier = this.#latest;
    this.#latest = { key, at: performance.now() };
  }

  #nextRound(): void {
    this.#learn();
    this.#begun = 0;
    this.#askers.clear();
    const now = performance.now();
    this.#since = this.#waiting.isEmpty ? undefined : now;
    let asker = '';
    const may = (key: string): boolean => {
      asker = key;
      return this.#may(key);
    };
    for (let next = this.#waiting.next(may); next !== undefined; next = this.#waiting.next(may)) {
      if (now > next.until) next.refuse();
      else {
        this.#begin(asker);
        next.go();
      }
    }
  }

  /**
   * Adapts the number of pieces per round: requests of some milliseconds are begun one by one, short ones several at a
   * time.
   */
  #learn(): void {
    if (this.#since === undefined) return;
    const each = (performance.now() - this.#since) / this.#begun;
    this.#share = Math.min(this.#most, Math.max(1, Math.floor(ROUND / each)));
  }
}

/** The number of short requests that can share one statement of the database. */
const requests = new LoopTurns(8);

const pieces = new LoopTurns(1);

/**
 * To be awaited before a piece of work that keeps the event loop busy, such as hashing a piece of content. Never
 * refuses.
 */
export async function turnOfLoop(key = askerNow()): Promise<void> {
  await pieces.take(key, Infinity);
}

/**
 * The turn of a whole request, which waits once, before the first door. Undefined when it is its turn already, which
 * saves a promise. Rejects with `unavailable` and a time to try again after two seconds.
 */
export function turnOfRequest(asker: Asker | undefined): Promise<void> | undefined {
  if (asker?.hasBegun === true) return undefined;
  if (asker !== undefined) asker.hasBegun = true;
  const since = performance.now();
  const turn = requests.take(asker?.key ?? OWN_WORK, PATIENCE);
  return turn?.then(() => asker?.hasWaited(performance.now() - since));
}
