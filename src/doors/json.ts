import { once } from 'node:events';
import type { Response } from 'express';

const HEADERS = { 'Content-Type': 'application/json; charset=UTF-8', 'Cache-Control': 'no-store' } as const;

/** Characters of a list gathered before they are sent. */
const PIECE = 64 * 1024;

/** Answers JSON in one piece, without an entity tag: polling clients must never meet a 304 (stacksync-api-v2.md 10). */
export function sendJson<Body>(response: Response, status: number, body: Body): void {
  sendText(response, status, JSON.stringify(body));
}

function sendText(response: Response, status: number, text: string): void {
  response.writeHead(status, { ...HEADERS, 'Content-Length': Buffer.byteLength(text) });
  response.end(text);
}

/** JSON that holds a list: what stands before its elements, the elements, and what stands behind them. */
export interface JsonList<Element> {
  readonly head: string;
  readonly elements: AsyncIterable<Element>;
  /** Answers what an element is told as; without a promise where it can. */
  readonly tell: (element: Element) => unknown;
  readonly tail: string;
}

/**
 * Answers 200 with a list as its elements arrive: a short one in one piece, a long one at the pace of the reader, so that
 * memory does not depend on its length (reliability.md FLW-01).
 */
export async function sendJsonList<Element>(
  response: Response,
  { head, elements, tell, tail }: JsonList<Element>,
  signal: AbortSignal,
): Promise<void> {
  let text = head;
  let separator = '';
  for await (const element of elements) {
    const told = tell(element);
    text += separator + JSON.stringify(told instanceof Promise ? await told : told);
    separator = ',';
    if (text.length < PIECE) continue;
    await sendPiece(response, text, signal);
    text = '';
  }
  if (response.headersSent) response.end(text + tail);
  else sendText(response, 200, text + tail);
}

/** Waits until the reader has taken enough; rejects when it has left. */
async function sendPiece(response: Response, text: string, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  if (!response.headersSent) response.writeHead(200, HEADERS);
  if (!response.write(text)) await once(response, 'drain', { signal });
}
