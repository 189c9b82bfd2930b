import { once } from 'node:events';
import type { Response } from 'express';
import type { Item, ItemListing } from '../../files/index.js';
import type { Metadata } from './wire.js';

const JSON_HEADERS = { 'Content-Type': 'application/json; charset=UTF-8', 'Cache-Control': 'no-store' } as const;

/** Characters of a listing gathered before they are sent. */
const PIECE = 64 * 1024;

/** Answers JSON in one piece, without an entity tag: polling clients must never meet a 304 (stacksync-api-v2.md 10). */
export function sendJson<Body>(response: Response, status: number, body: Body): void {
  sendText(response, status, JSON.stringify(body));
}

function sendText(response: Response, status: number, text: string): void {
  response.writeHead(status, { ...JSON_HEADERS, 'Content-Length': Buffer.byteLength(text) });
  response.end(text);
}

/**
 * Answers a folder with its children as they arrive: a short listing in one piece, a long one at the pace of the
 * reader, so that memory does not depend on its length (reliability.md FLW-01).
 */
export async function sendListing(
  response: Response,
  listing: ItemListing,
  tell: (item: Item) => Metadata | Promise<Metadata>,
  signal: AbortSignal,
): Promise<void> {
  let text = `${JSON.stringify(await tell(listing.folder)).slice(0, -1)},"contents":[`;
  let separator = '';
  for await (const child of listing.children) {
    const told = tell(child);
    text += separator + JSON.stringify(told instanceof Promise ? await told : told);
    separator = ',';
    if (text.length < PIECE) continue;
    await sendPiece(response, text, signal);
    text = '';
  }
  if (response.headersSent) response.end(`${text}]}`);
  else sendText(response, 200, `${text}]}`);
}

/** Waits until the reader has taken enough; rejects when it has left. */
async function sendPiece(response: Response, text: string, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  if (!response.headersSent) response.writeHead(200, JSON_HEADERS);
  if (!response.write(text)) await once(response, 'drain', { signal });
}
