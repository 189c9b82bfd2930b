import { readRetryAfter } from '../../../../client/index.js';
import { Failure, SECOND, type Clock } from '../../../../kernel/index.js';

/** Longest that a server may have us wait, seconds. */
const LONGEST = 300;

/** Remembers until when a server wants to be left alone (RFC 9110 10.2.3); one per peer. */
export class Pause {
  readonly #clock: Clock;
  #until = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Throws `unavailable` while it lasts: nobody is asked. */
  refuseWithin(): void {
    const left = this.#until - this.#clock.now();
    if (left <= 0) return;
    const retryAfter = Math.ceil(left / SECOND);
    throw new Failure('unavailable', 'The other cloud wants to be asked later.', { retryAfter });
  }

  /** To be called with every answer; 429 and 503 may say how long to wait. */
  heard({ status, headers }: { readonly status: number; readonly headers: Record<string, string | string[]> }): void {
    if (status !== 429 && status !== 503) return;
    const seconds = readRetryAfter(headers['retry-after'], headers['date']) ?? 0;
    this.#until = this.#clock.now() + Math.min(seconds, LONGEST) * SECOND;
  }
}
