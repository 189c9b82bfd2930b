import { once } from 'node:events';
import type { OutgoingHttpHeaders } from 'node:http';
import type { Response } from 'express';
import { longWork } from '../../platform/index.js';

const HEADERS = { 'Content-Type': 'application/json; charset=UTF-8', 'Cache-Control': 'no-store' } as const;

/** Characters of a list gathered before they are sent. */
const PIECE = 64 * 1024;

/** Answers JSON in one piece, without an entity tag: desktops that poll must never meet a 304 (stacksync-api-v2.md 10). */
export function sendJson<Body>(response: Response, status: number, body: Body): void {
  sendText(response, status, JSON.stringify(body));
}

function sendText(response: Response, status: number, text: string, headers?: OutgoingHttpHeaders): void {
  response.writeHead(status, { ...HEADERS, ...headers, 'Content-Length': Buffer.byteLength(text) });
  response.end(text);
}

/** JSON with a list: the text before its elements, the elements, and the text after them. */
export interface StreamedList<Element> {
  readonly head: string;
  readonly elements: AsyncIterable<Element>;
  /** Converts an element to its JSON; without a promise where possible. */
  readonly tell: (element: Element) => unknown;
  readonly tail: string;
  /** Beside those that every JSON has. Default: none. */
  readonly headers?: OutgoingHttpHeaders | undefined;
}

/** The reader of an answer; the signal of their disconnecting is made only when needed. */
interface Reader {
  readonly signal: AbortSignal;
}

/**
 * Answers 200 with a list as its elements arrive: a short one in one piece, a long one at the pace of the reader, so
 * that memory does not depend on its length (reliability.md FLW-01); yields the event loop meanwhile (F-60).
 */
export async function sendJsonList<Element>(
  response: Response,
  { head, elements, tell, tail, headers }: StreamedList<Element>,
  reader: Reader,
): Promise<void> {
  let text = head;
  let separator = '';
  for await (const element of elements) {
    const told = tell(element);
    text += separator + JSON.stringify(told instanceof Promise ? await told : told);
    separator = ',';
    const pause = longWork.rest();
    if (pause !== undefined) await pause;
    if (text.length < PIECE) continue;
    await sendPiece(response, { text, headers }, reader.signal);
    text = '';
  }
  if (response.headersSent) response.end(text + tail);
  else sendText(response, 200, text + tail, headers);
}

/** Answers 304: the reader has the JSON with this entity tag already. */
export function sendUnchanged(response: Response, etag: string): void {
  response.writeHead(304, { ETag: etag, 'Cache-Control': HEADERS['Cache-Control'] }).end();
}

/** Waits until the reader has read enough; rejects when it has disconnected. */
async function sendPiece(
  response: Response,
  { text, headers }: { readonly text: string; readonly headers: OutgoingHttpHeaders | undefined },
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  if (!response.headersSent) response.writeHead(200, { ...HEADERS, ...headers });
  if (!response.write(text)) await once(response, 'drain', { signal });
}
