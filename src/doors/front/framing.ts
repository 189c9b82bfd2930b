import type { RequestHandler } from 'express';
import { headerValues } from './raw-headers.js';
import { refuseAtOnce } from './refusal.js';

/**
 * Refuses a message that names two hosts (RFC 9112 3.2: 400), and one whose end two readers could see in different places (threat model PXY-08). The parser refuses a
 * length beside a coding; it lets codings other than `chunked` pass, which we do not decode (501, RFC 9112 6.1).
 */
export const refuseOddFraming: RequestHandler = (request, response, next) => {
  if (headerValues(request.rawHeaders, 'host').length > 1) {
    refuseAtOnce(response, 400, 'A request names exactly one host.');
    return;
  }
  const codings = headerValues(request.rawHeaders, 'transfer-encoding');
  if (codings.length === 0 || (codings.length === 1 && codings[0]?.toLowerCase() === 'chunked')) {
    next();
    return;
  }
  refuseAtOnce(response, 501, 'Transfer-Encoding may only be chunked.');
};
