import { invalid } from './failure.js';

/** RFC 3339 in UTC, for our own JSON and command line. */
export function rfc3339(at: number): string {
  return new Date(at).toISOString();
}

/** `YYYY-MM-DD HH:MM:SS.f` in UTC, the storage API's `modified_at` (stacksync-api-v2.md 2). */
export function storageTime(at: number): string {
  return new Date(at).toISOString().replace('T', ' ').replace('Z', '');
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
