import type { Readable } from 'node:stream';
import type { Response } from 'express';
import { flow } from '../../platform/index.js';
import type { DoorRequest } from '../door/door.js';

/**
 * Sends a content as the body of an answer whose headers are sent; resolves when it is sent, or the reader has
 * disconnected. That is no error; after any other failure the transfer must look broken (PXY-05).
 */
export async function sendBody(
  body: Readable,
  response: Response,
  request: Pick<DoorRequest<unknown>, 'signal'>,
): Promise<void> {
  try {
    await flow(body, response);
  } catch (error) {
    if (!request.signal.aborted) throw error;
  }
}
