import { once } from 'node:events';
import type { OutgoingHttpHeaders } from 'node:http';
import type { Writable } from 'node:stream';
import type { Request, Response } from 'express';
import { longWork } from '../../../platform/index.js';
import { DAV, NC, OC, SABRE } from '../../../webdav/index.js';
import { gzipInto, wantsGzip } from './coding.js';

/** Characters that are gathered before they are sent. */
const PIECE = 64 * 1024;

/** Bytes of an answer that fits one packet: a coding makes it no quicker. */
const SMALL = 1024;

/** Sent with everything in XML: the answer is for this client alone, and is not to be changed on the way. */
const HEADERS = {
  'Content-Type': 'application/xml; charset=utf-8',
  'Cache-Control': 'private, no-cache, no-transform',
} as const;

const HEAD = `<?xml version="1.0" encoding="utf-8"?>\n<d:multistatus xmlns:d="${DAV}" xmlns:oc="${OC}" xmlns:nc="${NC}" xmlns:s="${SABRE}">`;
const TAIL = '</d:multistatus>\n';

/** Who reads an answer; the signal is asked for only once something is sent. */
interface Reader {
  readonly signal: AbortSignal;
  readonly http: Pick<Request, 'acceptsEncodings'>;
}

/**
 * Answers 207 with `d:response` elements as they come (webdav.md 1.5), at the pace of the reader and in bounded memory.
 * Nothing is sent before 64 KiB have gathered, so that trouble until then still gets a status of its own; later trouble
 * is thrown, and the door breaks the connection (PXY-05). Who asks for gzip gets it: this body has no tag, and nothing in
 * it opens anything (a lock token counts for its holder alone), so that its length may tell of what is in it.
 */
export async function sendMultistatus(
  response: Response,
  responses: AsyncIterable<string> | Iterable<string>,
  reader: Reader,
  headers: OutgoingHttpHeaders = {},
): Promise<void> {
  const isCoded = wantsGzip(reader.http);
  let body: Writable | undefined;
  let text = HEAD;
  for await (const each of responses) {
    text += each;
    const pause = longWork.rest();
    if (pause !== undefined) await pause;
    if (text.length < PIECE) continue;
    reader.signal.throwIfAborted();
    body ??= begin(response, headers, isCoded);
    if (!body.write(text)) await once(body, 'drain', { signal: reader.signal });
    text = '';
  }
  text += TAIL;
  (body ?? beginWhole(response, headers, { bytes: Buffer.byteLength(text), isCoded })).end(text);
}

/** Begins an answer that is known whole. */
function beginWhole(
  response: Response,
  headers: OutgoingHttpHeaders,
  { bytes, isCoded }: { readonly bytes: number; readonly isCoded: boolean },
): Writable {
  if (isCoded && bytes >= SMALL) return begin(response, headers, true);
  return begin(response, { ...headers, 'Content-Length': bytes }, false);
}

/** Sends the header, and answers where the body is to be written. */
function begin(response: Response, headers: OutgoingHttpHeaders, isCoded: boolean): Writable {
  const coding = isCoded ? CODED : UNCODED;
  response.writeHead(207, { ...HEADERS, ...headers, ...coding });
  return isCoded ? gzipInto(response) : response;
}

const UNCODED = { Vary: 'Accept-Encoding' } as const;
const CODED = { ...UNCODED, 'Content-Encoding': 'gzip' } as const;

/** Answers one XML document in one piece. */
export function sendXml(response: Response, status: number, body: string, headers: OutgoingHttpHeaders = {}): void {
  const text = `<?xml version="1.0" encoding="utf-8"?>\n${body}\n`;
  response.writeHead(status, { ...HEADERS, ...headers, 'Content-Length': Buffer.byteLength(text) });
  response.end(text);
}
