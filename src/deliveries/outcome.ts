import { keepName, isFailure, SECOND, type Random } from '../kernel/index.js';
import { wasNeverAsked } from '../platform/index.js';
import type { Verdict } from './delivery.js';
import { retryDelay } from './retry.js';
import type { DeliveryRow } from './row.js';

const LONGEST_NOTE = 500;

/**
 * How the row changes after an attempt; undefined: the message leaves the queue. `rest`: for how many milliseconds the
 * peer's breaker stays open, 0 for not at all.
 */
export function changeAfter(
  row: DeliveryRow,
  verdict: Verdict,
  now: number,
  random: Random,
  rest = 0,
): Partial<DeliveryRow> | undefined {
  switch (verdict.kind) {
    case 'done':
      return undefined;
    case 'postpone':
      // Never due again at once, so that a handler that always answers "now" does not loop.
      return { run_at: Math.max(verdict.until, now + SECOND) };
    case 'failed':
      return { ...attempted(row, verdict.note, now), state: 'failed' };
    case 'retry': {
      const wait = retryDelay({ ...verdict, attempts: row.attempts + 1 }, random);
      // A message that was the breaker's probe many times must not wait for hours after the peer has recovered
      // (scale.md SCA-34).
      const runAt = now + (rest > 0 && verdict.after === undefined ? Math.min(wait, rest) : wait);
      return { ...attempted(row, verdict.note, now), run_at: Math.min(runAt, row.expires_at ?? runAt) };
    }
  }
}

function attempted(row: DeliveryRow, note: string, now: number): Partial<DeliveryRow> {
  return { attempts: row.attempts + 1, last_attempt_at: now, last_answer: keepName(note, LONGEST_NOTE) };
}

/** How the row changes when the lifetime of a message is over; its note keeps the last answer. */
export function expiredChange(row: DeliveryRow): Partial<DeliveryRow> {
  const last = row.last_answer === null ? 'it was never sent' : `the last answer was: ${row.last_answer}`;
  return { state: 'failed', last_answer: keepName(`Not delivered in its lifetime; ${last}`, LONGEST_NOTE) };
}

/** A verdict, and what it says about the health of the peer; undefined: nothing. */
export interface Judgement {
  readonly verdict: Verdict;
  readonly healthy?: boolean;
}

/**
 * The judgement on a handler's own verdict. A refusal that only a person can resolve still shows that the peer is
 * alive.
 */
export function judged(verdict: Verdict): Judgement {
  if (verdict.kind === 'postpone' || (verdict.kind === 'retry' && verdict.unasked === true)) return { verdict };
  return { verdict, healthy: verdict.kind !== 'retry' || verdict.slow === true || verdict.answered === true };
}

/**
 * The judgement on a handler that threw. An error on our side says nothing about the peer, whose other messages must
 * continue (DLV-06). The error may contain anything, so only a {@link Failure} is quoted.
 */
export function stumbled(error: unknown, kind: string): Judgement {
  if (!isFailure(error)) {
    return { verdict: { kind: 'retry', note: `This program stumbled over the ${kind} message; its log says why.` } };
  }
  const verdict: Verdict = { kind: 'retry', note: error.message, after: error.retryAfter };
  const isOfPeer = (isFailure(error, 'peer-failed') || isFailure(error, 'peer-timeout')) && !wasNeverAsked(error);
  return isOfPeer ? { verdict, healthy: false } : { verdict };
}
