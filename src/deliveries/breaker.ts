import { MINUTE, SECOND, type Clock } from '../kernel/index.js';

const STREAK = 5;
const WINDOW = 20;
const FIRST_PAUSE = 10 * SECOND;
const LONGEST_PAUSE = 5 * MINUTE;

/** An open breaker: since when, and when the next probe may pass, milliseconds. */
export interface BreakerRest {
  readonly since: number;
  readonly until: number;
}

/**
 * Keeps us from hammering a cloud that fails (reliability.md PEER-02): opens after 5 failures in a row or when half of
 * the last 20 calls failed, then lets one probe pass after 10 s, doubling to 5 min, until one succeeds. Only trouble
 * that time may mend counts as failure; a clear refusal shows that the peer is alive.
 */
export class Breaker {
  readonly #clock: Clock;
  readonly #onMove: (rest: BreakerRest | undefined) => void;
  #openSince = 0;
  #results: boolean[] = [];
  /** When the next probe may pass; undefined while closed. */
  #probeAt: number | undefined;
  #pause = FIRST_PAUSE;
  #probing = false;

  /** `onMove` hears of every opening, failed probe and closing. */
  constructor(clock: Clock, onMove: (rest: BreakerRest | undefined) => void = () => undefined) {
    this.#clock = clock;
    this.#onMove = onMove;
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

  /** A person asks for an attempt: the next probe may pass at once. */
  hurry(): void {
    if (this.#probeAt !== undefined && !this.#probing) this.#probeAt = Math.min(this.#probeAt, this.#clock.now());
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
    this.#onMove(undefined);
  }

  /** The peer did not answer, or answered with trouble. */
  failed(): void {
    if (this.#probeAt === undefined) {
      this.#remember(false);
      if (this.#isTooMuch()) this.#open();
    } else if (this.#probing) {
      this.#probing = false;
      this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE);
      this.#restOn();
    }
  }

  #open(): void {
    this.#openSince = this.#clock.now();
    this.#restOn();
  }

  #restOn(): void {
    const until = this.#clock.now() + this.#pause;
    this.#probeAt = until;
    this.#onMove({ since: this.#openSince, until });
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
  readonly #onMove: (peerId: string, rest: BreakerRest | undefined) => void;
  readonly #known = new Map<string, Breaker>();

  /** `onMove` hears of every peer that begins to rest, rests on, or no longer does. */
  constructor(clock: Clock, onMove: (peerId: string, rest: BreakerRest | undefined) => void = () => undefined) {
    this.#clock = clock;
    this.#onMove = onMove;
  }

  /** The breaker of one peer. */
  of(peerId: string): Breaker {
    const breaker = this.#known.get(peerId) ?? new Breaker(this.#clock, (rest) => this.#onMove(peerId, rest));
    this.#known.set(peerId, breaker);
    return breaker;
  }
}
