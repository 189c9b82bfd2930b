import { invalid, type Failure } from '../kernel/failure.js';

/** One decoded parameter. Order and repeats matter to a signature, so parameters are lists, never objects. */
export type Pair = readonly [name: string, value: string] & {
  /** Name and value as a signature has them, where their octets are not the UTF-8 of their text (RFC 5849 3.4.1.3.1). */
  readonly encoded?: readonly [name: string, value: string];
};

/**
 * The charset that a form declares. Octets that are valid UTF-8 are read as UTF-8 whatever it declares, because most
 * clients send nothing else.
 */
export type Charset = 'utf-8' | 'iso-8859-1';

/** The prefix that marks the parameters of the protocol itself (RFC 5849 3.1). */
const PROTOCOL_PREFIX = 'oauth_';

/** True for the name of a protocol parameter, known to us or not. */
export function isProtocolName(name: string): boolean {
  return name.startsWith(PROTOCOL_PREFIX);
}

/** Most parameters that are parsed and sorted before the sender is known (threat model DOS-02). */
const MOST_PAIRS = 1_000;

/**
 * Reads a query string (without `?`) or a form-encoded body into pairs, in order: `+` is a space, escapes are decoded
 * exactly once as UTF-8, empty pieces (`a&&b`) name nothing. Throws `invalid` on a malformed escape and on more than
 * a thousand pairs. With the label `iso-8859-1`, octets that are not UTF-8 are read by it, and the pair keeps how they enter a
 * signature (ruling F-43).
 */
export function parsePairs(text: string, charset: Charset = 'utf-8'): Pair[] {
  if (text === '') return [];
  // Some senders put a byte order mark in front of a body (ruling F-44).
  const pieces = text
    .replace(/^\ufeff/, '')
    .split('&')
    .filter((piece) => piece !== '');
  if (pieces.length > MOST_PAIRS) throw tooMany();
  return pieces.map((piece) => parsePair(piece, charset));
}

function tooMany(): Failure {
  return invalid(`There are more than ${String(MOST_PAIRS)} parameters.`);
}

function parsePair(piece: string, charset: Charset): Pair {
  const equals = piece.indexOf('=');
  const name = equals === -1 ? piece : piece.slice(0, equals);
  const value = equals === -1 ? '' : piece.slice(equals + 1);
  const [nameHere, valueHere] = [decodeForm(name, charset), decodeForm(value, charset)];
  const pair: Pair = [nameHere.text, valueHere.text];
  const isUtf8 = nameHere.encoded === undefined && valueHere.encoded === undefined;
  return isUtf8 ? pair : Object.assign(pair, { encoded: [encodedOf(nameHere), encodedOf(valueHere)] as const });
}

/** A part of a form; `encoded` where its octets are not UTF-8. */
interface Decoded {
  readonly text: string;
  readonly encoded?: string;
}

function encodedOf({ text, encoded }: Decoded): string {
  return encoded ?? percentEncode(text);
}

function decodeForm(part: string, charset: Charset): Decoded {
  const spaced = part.replaceAll('+', ' ');
  if (charset === 'utf-8' || isUtf8(spaced) || !ESCAPED_ASCII.test(spaced)) return { text: percentDecode(spaced) };
  // Each octet is one character of ISO-8859-1.
  const text = spaced.replace(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return { text, encoded: text.replace(/[^A-Za-z0-9._~-]/g, escapeOctet) };
}

/** ASCII whose escapes are well-formed. */
const ESCAPED_ASCII = /^(?:[\x20-\x24\x26-\x7e]|%[0-9a-f]{2})*$/i;

function escapeOctet(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}

function isUtf8(escaped: string): boolean {
  try {
    decodeURIComponent(escaped);
    return true;
  } catch {
    return false;
  }
}

/** Writes pairs as a query string or form body that {@link parsePairs} reads back unchanged. */
export function formatPairs(pairs: readonly Pair[]): string {
  return pairs
    .map(({ encoded, 0: name, 1: value }) => (encoded ?? [percentEncode(name), percentEncode(value)]).join('='))
    .join('&');
}

const UNRESERVED = /^[A-Za-z0-9._~-]*$/;

/** RFC 5849 3.6: every byte of the UTF-8 form but letters, digits, `-`, `.`, `_`, `~`. Throws `invalid` on a lone surrogate. */
export function percentEncode(text: string): string {
  if (UNRESERVED.test(text)) return text;
  if (!isWellFormed(text)) throw invalid('A parameter is not well-formed Unicode.');
  return encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** False when half of a surrogate pair stands alone: such text has no UTF-8 form. */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

function percentDecode(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalid('A parameter has a malformed percent escape.');
  }
}

const OAUTH_SCHEME = /^oauth(?![\w-])/i;
const BLANKS = /[ \t]*/y;
const EMPTY_ELEMENTS = /[ \t,]*/y;
const HEADER_PAIR = /([\w!#$%&'*+.^`|~-]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([\w!#$%&'*+.^`|~-]+))/y;

/** True when the value of an Authorization header names the scheme `OAuth`, in any letter case, well-formed or not. */
export function isOAuthScheme(header: string): boolean {
  return OAUTH_SCHEME.test(header);
}

/**
 * Reads the value of an `Authorization: OAuth …` header (RFC 5849 3.5.1) by the list grammar of RFC 9110 5.6.1 and 11.4:
 * elements may be empty, also right behind the scheme, values may be quoted, with escapes, or bare. `realm` is ignored
 * and left out, so that it never reaches a base string. Throws `invalid` when the header is malformed, names a parameter
 * twice, or more than a thousand.
 */
export function parseAuthorization(header: string): Pair[] {
  const pairs = scanHeaderPairs(header.replace(OAUTH_SCHEME, ''));
  const names = new Set(pairs.map(([name]) => name));
  if (names.size !== pairs.length) throw invalid('The Authorization header repeats a parameter.');
  return pairs;
}

function scanHeaderPairs(text: string): Pair[] {
  const pairs: Pair[] = [];
  for (let at = behind(EMPTY_ELEMENTS, text, 0); at < text.length; at = behind(EMPTY_ELEMENTS, text, at)) {
    HEADER_PAIR.lastIndex = at;
    const match = HEADER_PAIR.exec(text);
    if (match === null) throw malformedHeader();
    at = behind(BLANKS, text, HEADER_PAIR.lastIndex);
    if (at < text.length && text[at] !== ',') throw malformedHeader();
    addHeaderPair(pairs, match);
  }
  return pairs;
}

/** Where the text goes on behind what such a sticky expression matches from there, which may be nothing. */
function behind(expression: RegExp, text: string, from: number): number {
  expression.lastIndex = from;
  expression.exec(text);
  return expression.lastIndex;
}

/** A realm is any text at all: it is no parameter that could be decoded. */
function addHeaderPair(pairs: Pair[], [, name = '', quoted, bare]: readonly (string | undefined)[]): void {
  if (name.toLowerCase() === 'realm') return;
  if (pairs.length === MOST_PAIRS) throw tooMany();
  pairs.push([percentDecode(name), percentDecode(quoted?.replace(/\\(.)/g, '$1') ?? bare ?? '')]);
}

function malformedHeader(): Failure {
  return invalid('The Authorization header is malformed.');
}

/** Writes protocol parameters as the value of an `Authorization` header, without a realm (nobody reads one). */
export function formatAuthorization(pairs: readonly Pair[]): string {
  return `OAuth ${pairs.map(([name, value]) => `${percentEncode(name)}="${percentEncode(value)}"`).join(', ')}`;
}
