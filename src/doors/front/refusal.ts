import type { Response } from 'express';

/** Refuses, in plain text, a message whose end is ambiguous, and closes its connection. */
export function refuseAtOnce(response: Response, status: number, sentence: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=UTF-8', Connection: 'close' });
  response.end(sentence);
}
