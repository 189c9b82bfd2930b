import { noConnection } from './outbound-failures.js';

/** Who wants to send a request, and to which peer. */
export interface Comer {
  readonly person: string;
  readonly peer: string;
}

/** How many may be in at once, and how long others wait. */
export interface FairLimits {
  readonly perPerson: number;
  readonly perPeer: number;
  /** Most requests that wait for one person; more are refused at once. */
  readonly waiting: number;
  /** Milliseconds. */
  readonly patience: number;
}

interface Waiter extends Comer {
  admit(): void;
}

/**
 * Limits how many requests of people run at other clouds at once, per person and per peer. Further ones wait, and
 * people take turns, however many requests of one person wait (ruling F-63). One that waits too long is refused with
 * `unavailable`: that is our own queue and says nothing about the other cloud.
 */
export class FairQueue {
  readonly #limits: FairLimits;
  /** Waiting requests by person; the person whose turn is next comes first. */
  readonly #waiting = new Map<string, readonly Waiter[]>();
  readonly #ofPerson = new Tally();
  readonly #atPeer = new Tally();

  constructor(limits: FairLimits) {
    this.#limits = limits;
  }

  /** Resolves when the request may be sent, with a function to call when it has ended. */
  async enter(comer: Comer, signal?: AbortSignal): Promise<() => void> {
    signal?.throwIfAborted();
    if (!this.#isFree(comer)) await this.#wait(comer, signal);
    else this.#take(comer);
    return this.#leaving(comer);
  }

  #isFree({ person, peer }: Comer): boolean {
    const { perPerson, perPeer } = this.#limits;
    return this.#ofPerson.of(person) < perPerson && this.#atPeer.of(peer) < perPeer;
  }

  #take({ person, peer }: Comer): void {
    this.#ofPerson.add(person, 1);
    this.#atPeer.add(peer, 1);
  }

  #leaving({ person, peer }: Comer): () => void {
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#ofPerson.add(person, -1);
      this.#atPeer.add(peer, -1);
      this.#admitNext();
    };
  }

  #wait(comer: Comer, signal: AbortSignal | undefined): Promise<void> {
    const line = this.#waiting.get(comer.person) ?? [];
    if (line.length >= this.#limits.waiting) throw noConnection();
    return new Promise((resolve, reject) => {
      const giveUp = (reason: Error): void => {
        this.#forget(waiter);
        settle();
        reject(reason);
      };
      const onAbort = (): void => giveUp(signal?.reason as Error);
      const timer = setTimeout(() => giveUp(noConnection()), this.#limits.patience);
      const settle = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
      };
      const admit = (): void => {
        settle();
        resolve();
      };
      const waiter: Waiter = { ...comer, admit };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#waiting.set(comer.person, [...line, waiter]);
    });
  }

  /** Gives a free place to the first person in turn who can use it, who then becomes the last. */
  #admitNext(): void {
    for (const line of this.#waiting.values()) {
      const next = line.find((waiter) => this.#isFree(waiter));
      if (next === undefined) continue;
      this.#take(next);
      const rest = this.#forget(next);
      if (rest.length > 0) {
        this.#waiting.delete(next.person);
        this.#waiting.set(next.person, rest);
      }
      next.admit();
      return;
    }
  }

  #forget(waiter: Waiter): readonly Waiter[] {
    const rest = (this.#waiting.get(waiter.person) ?? []).filter((each) => each !== waiter);
    if (rest.length === 0) this.#waiting.delete(waiter.person);
    else this.#waiting.set(waiter.person, rest);
    return rest;
  }
}

/** Counts by name; names with a count of zero are removed. */
class Tally {
  readonly #counts = new Map<string, number>();

  of(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  add(name: string, difference: number): void {
    const count = this.of(name) + difference;
    if (count === 0) this.#counts.delete(name);
    else this.#counts.set(name, count);
  }
}
