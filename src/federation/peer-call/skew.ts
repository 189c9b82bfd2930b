import { SECOND, type Clock } from '../../kernel/index.js';

/** With a smaller difference of the clocks, in seconds, a refusal must have another reason. */
const NOTABLE = 30;

/**
 * Seconds by which another cloud's clock is ahead of ours, by the `Date` of its answer; 0 when there is none, or the
 * difference is small (reliability.md DLV-05, OPS-06).
 */
export function skewOf(headers: Readonly<Record<string, string | string[] | undefined>>, clock: Clock): number {
  const date = headers['date'];
  const at = typeof date === 'string' ? Date.parse(date) : Number.NaN;
  const seconds = Math.round((at - clock.now()) / SECOND);
  return Math.abs(seconds) < NOTABLE || Number.isNaN(seconds) ? 0 : seconds;
}

/** What is known of another cloud's clock; shared by everything that signs requests to it. */
export interface PeerClock {
  /** Seconds by which it was ahead of ours when last seen; 0: not notably. */
  ahead: number;
}

/** A peer's clock that reports whenever its difference changes notably. */
export class NoticedClock implements PeerClock {
  readonly #notice: (ahead: number) => void;
  #ahead = 0;

  constructor(notice: (ahead: number) => void) {
    this.#notice = notice;
  }

  get ahead(): number {
    return this.#ahead;
  }

  set ahead(seconds: number) {
    this.#ahead = seconds;
    this.#notice(seconds);
  }
}

/** True when two differences are equal within the tolerance. */
export function isSameSkew(one: number, other: number): boolean {
  return Math.abs(one - other) < NOTABLE;
}
