import type { Response } from 'express';
import type { Head, Opened, OpenOptions } from '../../files/index.js';
import type { DoorRequest } from '../door/door.js';
import { sendBody } from './body.js';
import { readConditions } from './conditions.js';
import { contentHeaders, validators } from './headers.js';
import type { ContentManner } from './manner.js';
import { readRange } from './range.js';

type Reader = Pick<DoorRequest<unknown>, 'http' | 'signal'>;

/** Reads range and conditions of a GET or HEAD. Throws `invalid` like {@link readConditions}. */
export function openingFor(manner: ContentManner, request: Reader, version?: number): OpenOptions {
  const { headers, method } = request.http;
  // A range applies to GET only; HEAD describes the whole (RFC 9110 14.2).
  const range = method === 'GET' ? readRange(headers.range) : undefined;
  const conditions = readConditions(headers, manner.conditions);
  return {
    // Read only when it is needed, because it costs an AbortController.
    get signal() {
      return request.signal;
    },
    ...(range === undefined ? {} : { range }),
    ...(conditions === undefined ? {} : { conditions }),
    ...(version === undefined ? {} : { version }),
  };
}

/**
 * Answers GET with what {@link openingFor} has opened: whole (200), one range (206), or that the reader has it (304).
 * Resolves when the body is out or its reader has left. Refusals are thrown where the content is opened:
 * `precondition-failed` (412), a range outside the content (416).
 */
export async function sendOpened(
  manner: ContentManner,
  opened: Opened,
  request: Reader,
  response: Response,
): Promise<void> {
  if (opened.outcome === 'not-modified') {
    sendHead(manner, opened, response);
    return;
  }
  response.writeHead(opened.range === undefined ? 200 : 206, contentHeaders(manner, opened));
  await sendBody(opened.body, response, request);
}

/** Answers HEAD: what GET would say of the whole content (200), or that the reader has it (304). */
export function sendHead(manner: ContentManner, head: Head, response: Response): void {
  const isKnown = head.outcome === 'not-modified';
  response.writeHead(isKnown ? 304 : 200, isKnown ? validators(manner, head) : contentHeaders(manner, head)).end();
}
