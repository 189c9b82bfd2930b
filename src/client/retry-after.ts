import { ownTime } from './surroundings.js';

/** Longer waits are not believed (reliability.md DLV-04), seconds. */
const LONGEST = 3_600;

/**
 * The seconds that an answer asks us to wait, up to an hour: `Retry-After` as a number or as a date (RFC 9110 10.2.3),
 * the date measured by the answer's own `Date`, so that no clock has to agree with another. Undefined when it says
 * nothing that can be read.
 */
export function readRetryAfter(wish: unknown, date: unknown): number | undefined {
  if (typeof wish !== 'string') return undefined;
  const text = wish.trim();
  if (/^\d{1,9}$/.test(text)) return Math.min(Number(text), LONGEST);
  const until = timeOf(text);
  if (until === undefined) return undefined;
  const seconds = Math.ceil((until - (timeOf(date) ?? ownTime())) / 1_000);
  return Math.min(Math.max(seconds, 0), LONGEST);
}

/** An HTTP date begins with the name of its day; `Date.parse` alone would take many a number for a year. */
function timeOf(text: unknown): number | undefined {
  if (typeof text !== 'string' || !/^[A-Z][a-z]{2}/.test(text)) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : at;
}
