/** Preconditions of RFC 9110 13.1: entity tags with their quotes or `*`; times as dates or milliseconds. */
export interface Conditions {
  readonly ifMatch?: string | readonly string[] | undefined;
  readonly ifNoneMatch?: string | readonly string[] | undefined;
  readonly ifModifiedSince?: Date | number | undefined;
  readonly ifUnmodifiedSince?: Date | number | undefined;
  /** An entity tag or a time; when it does not hold the range is ignored. */
  readonly ifRange?: string | Date | number | undefined;
}

/** Bytes `start` to `end`, both included, to the end where none is named; or the last so many (RFC 9110 14.1.2). */
export type ByteRange = { readonly start: number; readonly end?: number | undefined } | { readonly last: number };

/** One header for each condition that is set (RFC 9110 13.1); lists of tags are joined, times are cut to the second. */
export function conditionHeaders(conditions: Conditions): Record<string, string> {
  const { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince, ifRange } = conditions;
  return {
    ...(ifMatch === undefined ? {} : { 'if-match': tagText(ifMatch) }),
    ...(ifNoneMatch === undefined ? {} : { 'if-none-match': tagText(ifNoneMatch) }),
    ...(ifModifiedSince === undefined ? {} : { 'if-modified-since': timeText(ifModifiedSince) }),
    ...(ifUnmodifiedSince === undefined ? {} : { 'if-unmodified-since': timeText(ifUnmodifiedSince) }),
    ...(ifRange === undefined ? {} : { 'if-range': typeof ifRange === 'string' ? ifRange : timeText(ifRange) }),
  };
}

function tagText(tags: string | readonly string[]): string {
  return typeof tags === 'string' ? tags : tags.join(', ');
}

function timeText(at: Date | number): string {
  return new Date(at).toUTCString();
}

/** The header `Range` for one range of bytes (RFC 9110 14.2); none for the whole file. */
export function rangeHeader(range: ByteRange | undefined): Record<string, string> {
  if (range === undefined) return {};
  if ('last' in range) return { range: `bytes=-${String(range.last)}` };
  return { range: `bytes=${String(range.start)}-${String(range.end ?? '')}` };
}

/** What is announced of a body that is content; always raw bytes, whatever they are. */
export function contentHeaders(length: number | undefined, sha256: Uint8Array | undefined): Record<string, string> {
  return {
    'content-type': 'application/octet-stream',
    ...(length === undefined ? {} : { 'content-length': String(length) }),
    ...(sha256 === undefined ? {} : { 'content-digest': `sha-256=:${base64(sha256)}:` }),
  };
}

/** Bytes as base64, wherever this runs. */
export function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}
