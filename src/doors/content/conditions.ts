import type { IncomingHttpHeaders } from 'node:http';
import { invalid } from '../../kernel/index.js';
import type { Conditions } from '../../files/index.js';

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/**
 * Which conditions of a reader count at a door. `every`: all of RFC 9110 13.1, and malformed tags are refused.
 * `own-copy`: only those about the reader's own copy, as browsers send them; malformed tags are ignored.
 */
export type ReaderConditions = 'every' | 'own-copy';

/**
 * The preconditions of a request (RFC 9110 13.1); undefined when there are none. A time beside the tag that outranks it
 * is left out (13.2.2), a malformed time is ignored (13.1.3), malformed tags are `invalid` where every condition counts.
 */
export function readConditions(headers: IncomingHttpHeaders, counting: ReaderConditions): Conditions | undefined {
  const found: Mutable<Conditions> = {};
  const isStrict = counting === 'every';
  const ifMatch = isStrict ? readTags(headers['if-match'], 'If-Match', isStrict) : undefined;
  const ifNoneMatch = readTags(headers['if-none-match'], 'If-None-Match', isStrict);
  if (ifMatch !== undefined) found.ifMatch = ifMatch;
  if (ifNoneMatch !== undefined) found.ifNoneMatch = withoutWeakness(ifNoneMatch);
  const unmodified = isStrict && ifMatch === undefined ? readTime(headers['if-unmodified-since']) : undefined;
  const modified = ifNoneMatch === undefined ? readTime(headers['if-modified-since']) : undefined;
  if (unmodified !== undefined) found.ifUnmodifiedSince = unmodified;
  if (modified !== undefined) found.ifModifiedSince = modified;
  const ifRange = readIfRange(headers['if-range']?.toString());
  if (ifRange !== undefined && headers.range !== undefined) found.ifRange = ifRange;
  return Object.keys(found).length === 0 ? undefined : found;
}

/** Preconditions of a change: those about ranges and about the reader's copy do not apply. */
export function readChangeConditions(headers: IncomingHttpHeaders): Conditions | undefined {
  const { 'if-range': _range, 'if-modified-since': _since, ...others } = headers;
  return readConditions(others, 'every');
}

const TAG = String.raw`(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"`;
const TAG_LIST = new RegExp(`^[\\s,]*${TAG}(?:\\s*,[\\s,]*${TAG})*[\\s,]*$`);

function readTags(text: string | undefined, header: string, isStrict: boolean): readonly string[] | '*' | undefined {
  if (text === undefined) return undefined;
  if (text.trim() === '*') return '*';
  if (isStrict && !TAG_LIST.test(text)) throw invalid(`${header} is malformed.`);
  return text.match(new RegExp(TAG, 'g')) ?? [];
}

/** If-None-Match compares weakly (RFC 9110 13.1.2), If-Match never matches a weak tag. */
function withoutWeakness(tags: readonly string[] | '*'): readonly string[] | '*' {
  return tags === '*' ? tags : tags.map((tag) => tag.replace(/^W\//, ''));
}

function readTime(text: string | undefined): number | undefined {
  if (text === undefined || !/^[A-Z][a-z]+,? /.test(text)) return undefined;
  // The oldest of the three forms (RFC 9110 5.6.7) names no zone and means GMT too.
  const at = Date.parse(text.endsWith('GMT') ? text : `${text} GMT`);
  return Number.isNaN(at) ? undefined : at;
}

function readIfRange(text: string | undefined): string | number | undefined {
  if (text === undefined) return undefined;
  // A condition that cannot be read does not hold, and then the range is ignored (RFC 9110 13.1.5).
  return /^(?:W\/)?"/.test(text) ? text : (readTime(text) ?? '');
}
