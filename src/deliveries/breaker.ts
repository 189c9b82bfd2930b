import { MINUTE, SECOND, type Clock, type Random } from '../kernel/index.js';
import { spread } from './jitter.js';

const STREAK = 5;
const WINDOW = 20;
const FIRST_PAUSE = 10 * SECOND;
const LONGEST_PAUSE = 5 * MINUTE;

/** Every pause varies by up to half of its length, so that clouds do not probe at the same time (ruling F-85). */
const JITTER = 0.5;

/** How long a cloud that has just recovered and fails again gets no message, give or take a half. */
const QUIET = 30 * SECOND;

/**
 * Most messages that may be under way to a cloud that has just recovered; once this many are allowed, the limit is
 * lifted.
 */
const RECOVERED = 4;

/** The times of an open breaker: since when, and when the next probe is allowed, milliseconds. */
export interface BreakerRest {
  readonly since: number;
  readonly until: number;
}

/**
 * Limits calls to a cloud that fails (reliability.md PEER-02). It opens after 5 failures in a row, or when half of the
 * last 20 calls failed; then it allows one probe after 10 s, doubling to 5 min, each give or take a half, until one
 * succeeds. After that messages start slowly, because many other clouds begin to call that cloud too (F-85, SCA-34):
 * one at a time, one more after each full series of successes; after a failure half as many, and none for 30 s, give or
 * take a half. Only errors that a retry may solve count as failures: a clear refusal shows that the peer is alive, and
 * errors on our side are not reported (F-14).
 */
export class Breaker {
  readonly #clock: Clock;
  readonly #onMove: (rest: BreakerRest | undefined) => void;
  #openSince = 0;
  #results: boolean[] = [];
  /** When the next probe is allowed; undefined while closed. */
  #probeAt: number | undefined;
  #pause = FIRST_PAUSE;
  #probing = false;
  /** Messages that may be under way while it recovers; undefined: as many as there are slots. */
  #width: number | undefined;
  #row = 0;
  /** While it recovers, no message may begin before this time. */
  #quietUntil = 0;
  readonly #random: Random | undefined;

  /**
   * `onMove` is called at every opening, failed probe and closing. Without `random` pauses have no jitter, for tests.
   */
  constructor(clock: Clock, onMove: (rest: BreakerRest | undefined) => void = () => undefined, random?: Random) {
    this.#clock = clock;
    this.#random = random;
    this.#onMove = onMove;
  }

  /** How many calls may start now: any number, one probe, or none. Changes nothing. */
  vacancies(): number {
    if (this.#probeAt === undefined) return Infinity;
    return this.#clock.now() >= this.#probeAt ? 1 : 0;
  }

  /** How many messages may be under way at once, including those that are; 0: none may begin. Changes nothing. */
  width(): number {
    if (this.#width === undefined) return Infinity;
    return this.#clock.now() < this.#quietUntil ? 0 : this.#width;
  }

  /** True when a call may start now. While open, that call is the probe, and its result must be reported. */
  allow(): boolean {
    if (this.#probeAt === undefined) return true;
    if (this.vacancies() === 0) return false;
    // A probe whose result is never reported must not keep the breaker open for ever.
    this.#probeAt = this.#clock.now() + this.#drawn(this.#pause);
    this.#probing = true;
    return true;
  }

  /** Seconds until a call may start, for `Retry-After`; 0 while closed. */
  retryAfter(): number {
    if (this.#probeAt === undefined) return 0;
    return Math.max(1, Math.ceil((this.#probeAt - this.#clock.now()) / SECOND));
  }

  /** To be called when a person asks for an attempt: allows the next probe at once. */
  hurry(): void {
    if (this.#probeAt !== undefined && !this.#probing) this.#probeAt = Math.min(this.#probeAt, this.#clock.now());
  }

  /** To be called when the peer has answered. */
  succeeded(): void {
    if (this.#probeAt === undefined) {
      this.#remember(true);
      this.#widen();
      return;
    }
    this.#width = 1;
    this.#row = 0;
    this.#quietUntil = 0;
    this.#results = [];
    this.#probeAt = undefined;
    this.#pause = FIRST_PAUSE;
    this.#probing = false;
    this.#onMove(undefined);
  }

  /** To be called when the peer did not answer, or answered with an error that a retry may solve. */
  failed(): void {
    if (this.#probeAt === undefined) {
      this.#remember(false);
      this.#narrow();
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
    const until = this.#clock.now() + this.#drawn(this.#pause);
    this.#probeAt = until;
    this.#onMove({ since: this.#openSince, until });
  }

  #drawn(millis: number): number {
    return this.#random === undefined ? millis : spread(millis, JITTER, this.#random);
  }

  /** After as many successes in a row as messages may be under way, one more is allowed. */
  #widen(): void {
    if (this.#width === undefined) return;
    this.#row += 1;
    if (this.#row < this.#width) return;
    this.#row = 0;
    this.#width = this.#width + 1 < RECOVERED ? this.#width + 1 : undefined;
  }

  #narrow(): void {
    this.#row = 0;
    if (this.#width === undefined) return;
    this.#width = Math.max(1, Math.floor(this.#width / 2));
    this.#quietUntil = this.#clock.now() + this.#drawn(QUIET);
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
  readonly #random: Random | undefined;

  /** `onMove` is called when the breaker of a peer opens, stays open after a probe, or closes. */
  constructor(
    clock: Clock,
    onMove: (peerId: string, rest: BreakerRest | undefined) => void = () => undefined,
    random?: Random,
  ) {
    this.#clock = clock;
    this.#onMove = onMove;
    this.#random = random;
  }

  /** The breaker of one peer. */
  of(peerId: string): Breaker {
    const breaker =
      this.#known.get(peerId) ?? new Breaker(this.#clock, (rest) => this.#onMove(peerId, rest), this.#random);
    this.#known.set(peerId, breaker);
    return breaker;
  }
}
