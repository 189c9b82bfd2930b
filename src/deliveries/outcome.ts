import { displayText, isFailure, SECOND, type Random } from '../kernel/index.js';
import type { Verdict } from './delivery.js';
import { retryDelay } from './retry.js';
import type { DeliveryRow } from './row.js';

const LONGEST_NOTE = 500;

/** How the row of an attempted message changes; undefined: it leaves the queue. */
export function changeAfter(
  row: DeliveryRow,
  verdict: Verdict,
  now: number,
  random: Random,
): Partial<DeliveryRow> | undefined {
  switch (verdict.kind) {
    case 'done':
      return undefined;
    case 'postpone':
      // Never due again at once: a handler that keeps saying "now" must not spin.
      return { run_at: Math.max(verdict.until, now + SECOND) };
    case 'failed':
      return { ...attempted(row, verdict.note, now), state: 'failed' };
    case 'retry': {
      const runAt = now + retryDelay({ ...verdict, attempts: row.attempts + 1 }, random);
      return { ...attempted(row, verdict.note, now), run_at: Math.min(runAt, row.expires_at ?? runAt) };
    }
  }
}

function attempted(row: DeliveryRow, note: string, now: number): Partial<DeliveryRow> {
  return { attempts: row.attempts + 1, last_attempt_at: now, last_answer: displayText(note, LONGEST_NOTE) };
}

/** How a message ends whose lifetime is over; the last answer stays readable in its note. */
export function expiredChange(row: DeliveryRow): Partial<DeliveryRow> {
  const last = row.last_answer === null ? 'it was never sent' : `the last answer was: ${row.last_answer}`;
  return { state: 'failed', last_answer: displayText(`Not delivered in its lifetime; ${last}`, LONGEST_NOTE) };
}

/** A verdict with what it says about the health of the peer; undefined: nothing. */
export interface Judgement {
  readonly verdict: Verdict;
  readonly healthy?: boolean;
}

/** A handler's own verdict. A refusal that only a person can mend still shows that the peer is alive. */
export function judged(verdict: Verdict): Judgement {
  if (verdict.kind === 'postpone' || (verdict.kind === 'retry' && verdict.unasked === true)) return { verdict };
  return { verdict, healthy: verdict.kind !== 'retry' || verdict.slow === true || verdict.answered === true };
}

/**
 * The judgement on a handler that threw. Our own stumbling says nothing about the peer, whose other messages must go on
 * (DLV-06). What was thrown may hold anything, so only a {@link Failure} is quoted.
 */
export function stumbled(error: unknown, kind: string): Judgement {
  if (!isFailure(error)) {
    return { verdict: { kind: 'retry', note: `This program stumbled over the ${kind} message; its log says why.` } };
  }
  const verdict: Verdict = { kind: 'retry', note: error.message, after: error.retryAfter };
  return isFailure(error, 'peer-failed') || isFailure(error, 'peer-timeout')
    ? { verdict, healthy: false }
    : { verdict };
}
