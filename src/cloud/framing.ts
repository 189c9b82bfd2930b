import type { RequestHandler } from 'express';

/**
 * Refuses a message whose end two readers could see in different places (threat model PXY-08). The parser refuses a
 * length beside a coding; it lets codings other than `chunked` pass, which we do not decode (501, RFC 9112 6.1).
 */
export const refuseOddFraming: RequestHandler = (request, response, next) => {
  const codings = request.rawHeaders.filter(
    (_value, index) => index % 2 === 1 && isCoding(request.rawHeaders[index - 1]),
  );
  if (codings.length === 0 || (codings.length === 1 && codings[0]?.toLowerCase() === 'chunked')) {
    next();
    return;
  }
  response.writeHead(501, { 'Content-Type': 'text/plain; charset=UTF-8', Connection: 'close' });
  response.end('Transfer-Encoding may only be chunked.');
};

function isCoding(name: string | undefined): boolean {
  return name?.toLowerCase() === 'transfer-encoding';
}
