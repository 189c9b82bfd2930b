import { invalid } from './failure.js';

/** RFC 3339 in UTC, for our own JSON and command line. */
export function rfc3339(at: number): string {
  return new Date(at).toISOString();
}

const IN_UTC = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  timeZone: 'UTC',
});

/**
 * A moment as people read it, such as `31 Dec 2026, 23:59 UTC`. Pages and letters write moments in no other way,
 * because a day or an hour without its zone means something else to each reader (ruling F-34).
 */
export function momentWords(at: number): string {
  return `${IN_UTC.format(at)} UTC`;
}

/** `YYYY-MM-DD HH:MM:SS.f` in UTC, the storage API's `modified_at` (stacksync-api-v2.md 2). */
export function storageTime(at: number): string {
  const iso = new Date(at).toISOString();
  return `${iso.slice(0, -14)} ${iso.slice(-13, -1)}`;
}

/** Reads {@link storageTime}, one to six fraction digits or none, UTC. Throws `invalid` naming `field`. */
export function parseStorageTime(text: string, field: string): number {
  const match = /^(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2})(?:\.(\d{1,6}))?$/.exec(text);
  const millis = (match?.[3] ?? '').slice(0, 3).padEnd(3, '0');
  const iso = match === null ? '' : `${String(match[1])}T${String(match[2])}.${millis}Z`;
  const at = Date.parse(iso);
  if (Number.isNaN(at) || new Date(at).toISOString() !== iso) {
    throw invalid(`${field} must be a UTC time such as 2026-12-31 18:00:00.0.`);
  }
  return at;
}
