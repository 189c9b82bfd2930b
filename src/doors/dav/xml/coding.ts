import type { Writable } from 'node:stream';
import { constants, createGzip, type ZlibOptions } from 'node:zlib';
import type { Request, Response } from 'express';

/**
 * What has been written goes out with each piece, so that a slow listing arrives as it is made. Entries repeat each
 * other within a few lines: a 24th of them is left with an eighth of the usual memory and a quarter of the usual time.
 */
const GZIP: ZlibOptions = { flush: constants.Z_SYNC_FLUSH, level: 3, windowBits: 13, memLevel: 6 };

/** Whether gzip is at least as welcome to a client as no coding, as its `Accept-Encoding` says (RFC 9110 12.5.3). */
export function wantsGzip(http: Pick<Request, 'acceptsEncodings'>): boolean {
  return http.acceptsEncodings('gzip', 'identity') === 'gzip';
}

/**
 * A way into the body of an answer through gzip: at the pace of the reader, in bounded memory, and closed with the answer
 * however that ends. The header has to say so already.
 */
export function gzipInto(response: Response): Writable {
  const gzip = createGzip(GZIP);
  gzip.once('error', () => response.destroy());
  response.once('close', () => gzip.destroy());
  gzip.pipe(response);
  return gzip;
}
