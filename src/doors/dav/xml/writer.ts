import { once } from 'node:events';
import type { OutgoingHttpHeaders } from 'node:http';
import type { Response } from 'express';
import { longWork } from '../../../platform/index.js';
import { DAV, NC, OC, SABRE } from '../../../webdav/index.js';

/** Characters that are gathered before they are sent. */
const PIECE = 64 * 1024;

/** Sent with every 207: the answer is for this client alone, and is not to be changed on the way. */
const HEADERS = {
  'Content-Type': 'application/xml; charset=utf-8',
  'Cache-Control': 'private, no-cache, no-transform',
} as const;

const HEAD = `<?xml version="1.0" encoding="utf-8"?>\n<d:multistatus xmlns:d="${DAV}" xmlns:oc="${OC}" xmlns:nc="${NC}" xmlns:s="${SABRE}">`;
const TAIL = '</d:multistatus>\n';

/** Who reads an answer; the signal is asked for only once something is sent. */
interface Reader {
  readonly signal: AbortSignal;
}

/**
 * Answers 207 with `d:response` elements as they come (webdav.md 1.5), at the pace of the reader and in bounded memory.
 * Nothing is sent before 64 KiB have gathered, so that trouble until then still gets a status of its own; later trouble
 * is thrown, and the door breaks the connection (PXY-05).
 */
export async function sendMultistatus(
  response: Response,
  responses: AsyncIterable<string> | Iterable<string>,
  reader: Reader,
  headers: OutgoingHttpHeaders = {},
): Promise<void> {
  let text = HEAD;
  for await (const each of responses) {
    text += each;
    const pause = longWork.rest();
    if (pause !== undefined) await pause;
    if (text.length < PIECE) continue;
    reader.signal.throwIfAborted();
    begin(response, headers);
    if (!response.write(text)) await once(response, 'drain', { signal: reader.signal });
    text = '';
  }
  if (!response.headersSent) response.setHeader('Content-Length', Buffer.byteLength(text + TAIL));
  begin(response, headers);
  response.end(text + TAIL);
}

function begin(response: Response, headers: OutgoingHttpHeaders): void {
  if (!response.headersSent) response.writeHead(207, { ...HEADERS, ...headers });
}

/** Answers one XML document in one piece. */
export function sendXml(response: Response, status: number, body: string, headers: OutgoingHttpHeaders = {}): void {
  const text = `<?xml version="1.0" encoding="utf-8"?>\n${body}\n`;
  response.writeHead(status, { ...HEADERS, ...headers, 'Content-Length': Buffer.byteLength(text) });
  response.end(text);
}
