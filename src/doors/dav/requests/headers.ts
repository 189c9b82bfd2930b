import type { IncomingHttpHeaders } from 'node:http';
import { invalid } from '../../../kernel/index.js';

/** How deep a request goes. */
export type Depth = 0 | 1 | 'infinity';

/** The `Depth` of a request (RFC 4918 10.2); undefined where it has none. Throws `invalid` for any other word. */
export function readDepth(text: string | string[] | undefined): Depth | undefined {
  if (text === undefined) return undefined;
  const word = String(text).trim().toLowerCase();
  if (word === '0') return 0;
  if (word === '1') return 1;
  if (word === 'infinity') return 'infinity';
  throw invalid('Depth is 0, 1 or infinity.');
}

/** Whether an existing target may be replaced (RFC 4918 10.6): unless the header is `F`. */
export function readOverwrite(text: string | string[] | undefined): boolean {
  if (text === undefined) return true;
  const word = String(text).trim().toUpperCase();
  if (word === 'T' || word === 'F') return word === 'T';
  throw invalid('Overwrite is T or F.');
}

/** What `Infinite` is taken for, seconds: no lock here lasts longer. */
const LONGEST = 24 * 60 * 60;

/**
 * The wanted duration of a lock in seconds (RFC 4918 10.7): the first value that can be read; undefined when there is
 * none.
 */
export function readTimeout(text: string | string[] | undefined): number | undefined {
  for (const word of String(text ?? '').split(',')) {
    const wanted = word.trim();
    if (/^infinite$/i.test(wanted)) return LONGEST;
    const seconds = /^second-(\d{1,15})$/i.exec(wanted)?.[1];
    if (seconds !== undefined) return Number(seconds);
  }
  return undefined;
}

/** The token in a `Lock-Token` (RFC 4918 10.5). Throws `invalid` for none, or what is none. */
export function readLockToken(text: string | string[] | undefined): string {
  const token = /^\s*<([^<>\s]{1,1024})>\s*$/.exec(String(text ?? ''))?.[1];
  if (token === undefined) throw invalid('The header Lock-Token is missing or broken.');
  return token;
}

/** The last second of the year 9999. */
const LAST_SECOND = 253_402_300_799;

/** A time that a client says in Unix seconds, as milliseconds; a fraction is cut. Throws `invalid` for what is none. */
export function readUnixTime(text: string): number {
  const seconds = /^\s*(\d{1,12})(?:\.\d{0,20})?\s*$/.exec(text)?.[1];
  const value = Number(seconds);
  if (seconds === undefined || value < 1 || value > LAST_SECOND) throw invalid('This is no time in Unix seconds.');
  return value * 1000;
}

/** When the content was made, as the client says, milliseconds (webdav.md 1.6). */
export function readMtime(text: string | string[] | undefined): number | undefined {
  return text === undefined ? undefined : readUnixTime(String(text));
}

/** Whether a client does without being told what is not there (RFC 8144 2.1, and the older header for the same). */
export function readMinimal(headers: IncomingHttpHeaders): boolean {
  const isBrief =
    String(headers['brief'] ?? '')
      .trim()
      .toLowerCase() === 't';
  return isBrief || wishesOf(headers).some((wish) => /^\s*return\s*=\s*"?minimal"?\s*(?:;.*)?$/.test(wish));
}

/** Whether a client would rather ask later how long work has ended than wait for it (RFC 7240 4.1). */
export function readRespondAsync(headers: IncomingHttpHeaders): boolean {
  return wishesOf(headers).some((wish) => /^\s*respond-async\s*(?:;.*)?$/.test(wish));
}

/** The preferences of a client (RFC 7240 2), in small letters. */
function wishesOf(headers: IncomingHttpHeaders): string[] {
  return String(headers['prefer'] ?? '')
    .toLowerCase()
    .split(',');
}
