import { invalid } from '../kernel/index.js';

/** `YYYYMMDDhhmmss` in UTC, the name of a comment on the wire (stacksync-api-v2.md 8). */
export function compactTime(at: number): string {
  return new Date(at)
    .toISOString()
    .replace(/\.\d+Z$/, '')
    .replace(/\D/g, '');
}

/** Reads {@link compactTime}; throws `invalid` for anything that is no second of the calendar. */
export function parseCompactTime(text: string): number {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(text) ?? [];
  const at = Date.parse(`${year ?? ''}-${month ?? ''}-${day ?? ''}T${hour ?? ''}:${minute ?? ''}:${second ?? ''}Z`);
  if (Number.isNaN(at) || compactTime(at) !== text) throw invalid('time_created must look like 20261231180000.');
  return at;
}
