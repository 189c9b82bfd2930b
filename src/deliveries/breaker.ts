import { MINUTE, SECOND, type Clock } from '../kernel/index.js';

const STREAK = 5;
const WINDOW = 20;
const FIRST_PAUSE = 10 * SECOND;
const LONGEST_PAUSE = 5 * MINUTE;

/**
 * Keeps us from hammering a cloud that fails (reliability.md PEER-02): opens after 5 failures in a row or when half of
 * the last 20 calls failed, then lets one probe pass after 10 s, doubling to 5 min, until one succeeds. Only trouble
 * that time may mend counts as failure; a clear refusal shows that the peer is alive.
 */
export class Breaker {
  readonly #clock: Clock;
  #results: boolean[] = [];
  /** When the next probe may pass; undefined while closed. */
  #probeAt: number | undefined;
  #pause = FIRST_PAUSE;
  #probing = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How many calls may start now: any number, one probe, or none. Changes nothing. */
  vacancies(): number {
    if (this.#probeAt === undefined) return Infinity;
    return this.#clock.now() >= this.#probeAt ? 1 : 0;
  }

  /** True when a call may start now. While open this hands out the probe: report how it went. */
  allow(): boolean {
    if (this.#probeAt === undefined) return true;
    if (this.vacancies() === 0) return false;
    // A probe whose end is never reported must not close the door for good.
    this.#probeAt = this.#clock.now() + this.#pause;
    this.#probing = true;
    return true;
  }

  /** Seconds until a call may start, for `Retry-After`; 0 while closed. */
  retryAfter(): number {
    if (this.#probeAt === undefined) return 0;
    return Math.max(1, Math.ceil((this.#probeAt - this.#clock.now()) / SECOND));
  }

  /** The peer answered. */
  succeeded(): void {
    if (this.#probeAt === undefined) {
      this.#remember(true);
      return;
    }
    this.#results = [];
    this.#probeAt = undefined;
    this.#pause = FIRST_PAUSE;
    this.#probing = false;
  }

  /** The peer did not answer, or answered with trouble. */
  failed(): void {
    if (this.#probeAt === undefined) {
      this.#remember(false);
      if (this.#isTooMuch()) this.#probeAt = this.#clock.now() + this.#pause;
    } else if (this.#probing) {
      this.#probing = false;
      this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE);
      this.#probeAt = this.#clock.now() + this.#pause;
    }
  }

  #remember(success: boolean): void {
    this.#results = [...this.#results, success].slice(-WINDOW);
  }

  #isTooMuch(): boolean {
    const failures = this.#results.filter((success) => !success).length;
    const streak = this.#results.slice(-STREAK);
    return (
      (streak.length === STREAK && !streak.includes(true)) ||
      (this.#results.length === WINDOW && failures >= WINDOW / 2)
    );
  }
}

/** The breakers of all peers, shared by everything in this process that calls them. */
export class Breakers {
  readonly #clock: Clock;
  readonly #known = new Map<string, Breaker>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The breaker of one peer. */
  of(peerId: string): Breaker {
    const breaker = this.#known.get(peerId) ?? new Breaker(this.#clock);
    this.#known.set(peerId, breaker);
    return breaker;
  }

  /** The peers that may not be called now. */
  refusing(): string[] {
    return [...this.#known].filter(([, breaker]) => breaker.vacancies() === 0).map(([peerId]) => peerId);
  }
}
