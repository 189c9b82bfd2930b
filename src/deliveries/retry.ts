import { HOUR, MINUTE, SECOND, type Random } from '../kernel/index.js';
import { swing } from './jitter.js';

/** Waits after the first, second, … failed attempt; the last one repeats (reliability.md DLV-04). */
const STEPS = [SECOND, 5 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE, HOUR, 6 * HOUR] as const;
const SLOW_STEP = 4;
const JITTER = 0.2;
const LONGEST_WISH = HOUR;

/** What the wait depends on. */
export interface RetryFacts {
  /** Failed attempts, the one just made included. */
  readonly attempts: number;
  /** `Retry-After` of the answer, seconds. */
  readonly after?: number | undefined;
  /** True: not before the ten-minute step, because probably only a person can resolve it. */
  readonly slow?: boolean | undefined;
}

/**
 * Milliseconds until the next attempt (DLV-04). What the peer asked for counts up to an hour and is never shortened by
 * jitter; it replaces the step unless the attempt is to be slow.
 */
export function retryDelay(facts: RetryFacts, random: Random): number {
  const step = Math.max(facts.attempts - 1, facts.slow === true ? SLOW_STEP : 0);
  const wait = (STEPS[step] ?? 6 * HOUR) * (1 + JITTER * swing(random));
  if (facts.after === undefined || !(facts.after >= 0)) return Math.round(wait);
  const wish = Math.min(Math.max(facts.after * SECOND, SECOND), LONGEST_WISH);
  return Math.round(facts.slow === true ? Math.max(wish, wait) : wish * (1 + JITTER * Math.abs(swing(random))));
}
