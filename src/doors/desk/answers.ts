import { once } from 'node:events';
import type { Response } from 'express';

const HEADERS = { 'Content-Type': 'application/json; charset=UTF-8', 'Cache-Control': 'no-store' } as const;

/** Characters of a list gathered before they are sent. */
const PIECE = 64 * 1024;

/** Answers 200 with JSON, without an entity tag: polling clients must never meet a 304 (stacksync-api-v2.md 10). */
export function sendJson(response: Response, body: unknown): void {
  sendText(response, JSON.stringify(body));
}

/** Answers an array as its elements arrive: a short one in one piece, a long one at the pace of its reader (FLW-01). */
export async function sendArray(
  response: Response,
  elements: AsyncIterable<unknown>,
  signal: AbortSignal,
): Promise<void> {
  let text = '[';
  let separator = '';
  for await (const element of elements) {
    text += separator + JSON.stringify(element);
    separator = ',';
    if (text.length < PIECE) continue;
    await sendPiece(response, text, signal);
    text = '';
  }
  if (response.headersSent) response.end(`${text}]`);
  else sendText(response, `${text}]`);
}

function sendText(response: Response, text: string): void {
  response.writeHead(200, { ...HEADERS, 'Content-Length': Buffer.byteLength(text) });
  response.end(text);
}

/** Waits until the reader has taken enough; rejects when it has left. */
async function sendPiece(response: Response, text: string, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  if (!response.headersSent) response.writeHead(200, HEADERS);
  if (!response.write(text)) await once(response, 'drain', { signal });
}
