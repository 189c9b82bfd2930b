import type { OutgoingHttpHeaders } from 'node:http';
import { saveName } from '../../kernel/index.js';
import type { ContentFacts, NotModified, OpenedContent } from '../../files/index.js';
import type { ContentManner } from './manner.js';

/** A content that is sent, whole or in part, or only described, as for HEAD. */
type Told = ContentFacts & Partial<Pick<OpenedContent, 'range'>>;

/** The headers of an answer with a content, whole or in part. */
export function contentHeaders(manner: ContentManner, opened: Told): OutgoingHttpHeaders {
  return {
    ...validators(manner, opened),
    ...manner.besideContent,
    ...extent(opened),
    'Content-Type': typeOf(opened.mimetype, manner.types),
    ...(opened.takesRanges ? { 'Accept-Ranges': 'bytes' } : {}),
  };
}

/** The validators of a content; a 304 has no other headers (RFC 9110 15.4.5). */
export function validators(manner: ContentManner, { etag, modifiedAt }: Told | NotModified): OutgoingHttpHeaders {
  return {
    ...(/^"[\x21\x23-\x7e]*"$/.test(etag) ? { ETag: etag } : {}),
    ...(modifiedAt === undefined ? {} : { 'Last-Modified': new Date(modifiedAt).toUTCString() }),
    'Cache-Control': 'private, no-cache',
    ...manner.always,
  };
}

/** The length; absent where another cloud sends the content in chunks. */
function extent({ range, size }: Told): OutgoingHttpHeaders {
  if (range === undefined) return size === undefined ? {} : { 'Content-Length': size };
  const { start, end } = range;
  return {
    'Content-Length': end - start + 1,
    'Content-Range': `bytes ${String(start)}-${String(end)}/${String(size)}`,
  };
}

/**
 * The media type to send. The stored type may be wrong, so only some are sent (threat model CNT-02); text is declared
 * as UTF-8.
 */
function typeOf(mimetype: string, types: RegExp): string {
  const type = mimetype.toLowerCase();
  if (!types.test(type)) return 'application/octet-stream';
  return type.startsWith('text/') ? `${type}; charset=utf-8` : type;
}

/**
 * `Content-Disposition` that has a content saved under a name, whatever is in the name: RFC 8187 for readers who know it,
 * plain letters for the rest (PXY-07).
 */
export function savedAs(wanted: string): string {
  const name = saveName(wanted);
  const plain = name.replace(/[^\x20-\x7e]|["%]/gu, '_');
  const encoded = encodeURIComponent(name).replace(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}
