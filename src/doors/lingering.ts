import type { Request, Response } from 'express';
import { SECOND } from '../kernel/index.js';

/** How long a sender that is still sending gets to see its refusal. */
const LINGER = SECOND;

/**
 * Ends an answer to a request whose body may still be on its way. Closing a connection with unread bytes resets it, and
 * a reset can erase the answer before it is seen (RFC 9112 9.6): so the answer goes out whole, what still comes is
 * thrown away for a second, and then the connection closes.
 */
export function endWhileSending(request: Request, response: Response, body: string): void {
  if (!isSending(request)) {
    response.end(body);
    return;
  }
  response.write(body);
  const end = (): void => {
    clearTimeout(timer);
    if (!response.writableEnded) response.end();
  };
  const timer = setTimeout(end, LINGER);
  request.on('error', end).once('end', end).once('close', end).resume();
}

/** Whoever waits for a go-ahead has sent nothing, and will not once it has read the refusal. */
function isSending(request: Request): boolean {
  return !request.complete && !request.destroyed && request.headers.expect === undefined;
}
