import { SECOND, type Clock } from '../kernel/index.js';

/** Below this difference, seconds, a refusal is not about clocks. */
const NOTABLE = 30;

/**
 * Seconds by which another cloud's clock is ahead of ours, as the `Date` of its answer shows; 0 when that does not tell,
 * or hardly differs (reliability.md DLV-05, OPS-06).
 */
export function skewOf(headers: Readonly<Record<string, string | string[] | undefined>>, clock: Clock): number {
  const date = headers['date'];
  const at = typeof date === 'string' ? Date.parse(date) : Number.NaN;
  const seconds = Math.round((at - clock.now()) / SECOND);
  return Math.abs(seconds) < NOTABLE || Number.isNaN(seconds) ? 0 : seconds;
}

/** What is known of another cloud's clock; shared by everything that signs requests to it. */
export interface PeerClock {
  /** Seconds by which it is ahead of ours, as it was last seen to be; 0: not notably. */
  ahead: number;
}

/** A clock that tells whenever it is seen to be another. */
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

/** True when two such differences say the same. */
export function isSameSkew(one: number, other: number): boolean {
  return Math.abs(one - other) < NOTABLE;
}
