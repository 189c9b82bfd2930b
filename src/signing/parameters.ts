import { invalid, type Failure } from '../kernel/failure.js';

/** One decoded parameter. Order and repeats matter to a signature, so parameters are lists, never objects. */
export type Pair = readonly [name: string, value: string];

/** The prefix that marks the parameters of the protocol itself (RFC 5849 3.1). */
const PROTOCOL_PREFIX = 'oauth_';

/** True for the name of a protocol parameter, known to us or not. */
export function isProtocolName(name: string): boolean {
  return name.startsWith(PROTOCOL_PREFIX);
}

/** Most parameters that are taken apart and sorted for somebody whom nobody knows yet (threat model DOS-02). */
const MOST_PAIRS = 1_000;

/**
 * Reads a query string (without `?`) or a form-encoded body into pairs, in order: `+` is a space, escapes are decoded
 * exactly once as UTF-8, empty pieces (`a&&b`) name nothing. Throws `invalid` on a malformed escape and on more than
 * a thousand pairs.
 */
export function parsePairs(text: string): Pair[] {
  const pieces = text.split('&').filter((piece) => piece !== '');
  if (pieces.length > MOST_PAIRS) throw tooMany();
  return pieces.map(parsePair);
}

function tooMany(): Failure {
  return invalid(`There are more than ${String(MOST_PAIRS)} parameters.`);
}

function parsePair(piece: string): Pair {
  const equals = piece.indexOf('=');
  const name = equals === -1 ? piece : piece.slice(0, equals);
  const value = equals === -1 ? '' : piece.slice(equals + 1);
  return [decodeForm(name), decodeForm(value)];
}

function decodeForm(text: string): string {
  return percentDecode(text.replaceAll('+', ' '));
}

/** Writes pairs as a query string or form body that {@link parsePairs} reads back unchanged. */
export function formatPairs(pairs: readonly Pair[]): string {
  return pairs.map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`).join('&');
}

/** RFC 5849 3.6: every byte of the UTF-8 form but letters, digits, `-`, `.`, `_`, `~`. Throws `invalid` on a lone surrogate. */
export function percentEncode(text: string): string {
  if (!isWellFormed(text)) throw invalid('A parameter is not well-formed Unicode.');
  return encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** False when half of a surrogate pair stands alone: such text has no UTF-8 form. */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

function percentDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalid('A parameter has a malformed percent escape.');
  }
}

const OAUTH_SCHEME = /^oauth(?![\w-])/i;
const HEADER_PAIR = /[ \t]*([\w.~%-]+)[ \t]*=[ \t]*"([^"]*)"[ \t]*(,|$)/y;

/** True when the value of an Authorization header names the scheme `OAuth`, in any letter case, well-formed or not. */
export function isOAuthScheme(header: string): boolean {
  return OAUTH_SCHEME.test(header);
}

/**
 * Reads the value of an `Authorization: OAuth …` header (RFC 5849 3.5.1). `realm` is ignored and left out, so that it
 * never reaches a base string. Throws `invalid` when the header is malformed, names a parameter twice, or more than a
 * thousand.
 */
export function parseAuthorization(header: string): Pair[] {
  const pairs = scanHeaderPairs(header.replace(OAUTH_SCHEME, ''));
  const names = new Set(pairs.map(([name]) => name));
  if (names.size !== pairs.length) throw invalid('The Authorization header repeats a parameter.');
  return pairs.filter(([name]) => name.toLowerCase() !== 'realm');
}

function scanHeaderPairs(text: string): Pair[] {
  const pairs: Pair[] = [];
  HEADER_PAIR.lastIndex = 0;
  for (let separator: string | undefined = ','; separator === ',';) {
    const match = HEADER_PAIR.exec(text);
    if (match === null) throw invalid('The Authorization header is malformed.');
    if (pairs.length === MOST_PAIRS) throw tooMany();
    pairs.push([percentDecode(match[1] ?? ''), percentDecode(match[2] ?? '')]);
    separator = match[3];
  }
  return pairs;
}

/** Writes protocol parameters as the value of an `Authorization` header, without a realm (nobody reads one). */
export function formatAuthorization(pairs: readonly Pair[]): string {
  return `OAuth ${pairs.map(([name, value]) => `${percentEncode(name)}="${percentEncode(value)}"`).join(', ')}`;
}
