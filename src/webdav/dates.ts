const MONTHS: readonly string[] = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ');

const CLOCK = String.raw`(\d{1,2}):(\d{2}):(\d{2})`;
/** RFC 1123, and RFC 850 with its two digits for the year. */
const HTTP = new RegExp(
  String.raw`^(?:[a-z]+,\s*)?(\d{1,2})[\s-]([a-z]{3})[a-z]*[\s-](\d{4}|\d{2})\s+${CLOCK}\s*(?:gmt|utc|z)?$`,
  'i',
);
/** What `asctime` writes. */
const ASCTIME = new RegExp(String.raw`^[a-z]{3}\s+([a-z]{3})\s+(\d{1,2})\s+${CLOCK}\s+(\d{4})$`, 'i');
const RFC_3339 = /^\d{4}-\d{2}-\d{2}[t ]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:z|[+-]\d{2}:\d{2})$/i;

/** Longest text that may be a date. */
const LONGEST = 64;

/**
 * A time as programs write it in WebDAV: RFC 1123, RFC 850, `asctime` and RFC 3339, days of one digit too (webdav.md 2).
 * Milliseconds since the epoch; undefined for anything else, and for times before the epoch.
 */
export function readDate(text: string): number | undefined {
  const said = text.trim();
  if (said.length > LONGEST) return undefined;
  const at = RFC_3339.test(said) ? Date.parse(said.replace(' ', 'T').toUpperCase()) : readHttpDate(said);
  return at === undefined || Number.isNaN(at) || at < 0 ? undefined : at;
}

function readHttpDate(text: string): number | undefined {
  const [, day, month, year, ...clock] = HTTP.exec(text) ?? [];
  if (day !== undefined) return moment({ day, month, year, clock });
  const [, named, date, hours, minutes, seconds, full] = ASCTIME.exec(text) ?? [];
  return date === undefined
    ? undefined
    : moment({ day: date, month: named, year: full, clock: [hours, minutes, seconds] });
}

interface Parts {
  readonly day: string;
  readonly month: string | undefined;
  readonly year: string | undefined;
  readonly clock: readonly (string | undefined)[];
}

function moment({ day, month = '', year = '', clock }: Parts): number | undefined {
  const [hours = 99, minutes = 99, seconds = 99] = clock.map(Number);
  const index = MONTHS.indexOf(month.toLowerCase());
  // A leap second, 60, is allowed and counts as 59.
  if (index < 0 || Number(day) < 1 || Number(day) > 31 || hours > 23 || minutes > 59 || seconds > 60) return undefined;
  return Date.UTC(fullYear(year), index, Number(day), hours, minutes, Math.min(seconds, 59));
}

/** A year of two digits lies between 1970 and 2069: RFC 850 dates come from old programs. */
function fullYear(text: string): number {
  const year = Number(text);
  if (/^\d{4}$/.test(text)) return year;
  return year < 70 ? 2000 + year : 1900 + year;
}

/** A time as HTTP writes it, by the second (RFC 9110 5.6.7). */
export function writeDate(at: number): string {
  return new Date(at).toUTCString();
}
