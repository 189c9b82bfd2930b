import type { Request, RequestHandler } from 'express';

/** What clients of a signed API send beside the headers that every page may send. */
const SENT = [
  'Authorization',
  'StackSync-API',
  'Content-Type',
  'Content-Digest',
  'Idempotency-Key',
  'Range',
  'If-Match',
  'If-None-Match',
  'If-Modified-Since',
  'If-Unmodified-Since',
  'If-Range',
];
/** What they read of an answer beside the headers that every page may read. */
const READ = ['ETag', 'Content-Range', 'Accept-Ranges', 'Location', 'Allow', 'Retry-After', 'WWW-Authenticate'];

const PREFLIGHT = {
  'Access-Control-Allow-Methods': 'GET, HEAD, POST, PUT, DELETE',
  'Access-Control-Allow-Headers': SENT.join(', '),
  // Two hours, which is as long as browsers remember it.
  'Access-Control-Max-Age': '7200',
  'Content-Length': '0',
} as const;

/**
 * Lets pages of every origin use an API that only a signature opens (decision 0019): cookies are never looked at
 * there, so nobody's browser lends its rights to a page. A preflight is answered here and reaches no handler; all other
 * requests go on as they came.
 */
export const allowAnyOrigin: RequestHandler = (request, response, next) => {
  if (request.headers.origin === undefined) {
    next();
    return;
  }
  response.setHeader('Access-Control-Allow-Origin', '*');
  if (isPreflight(request)) {
    response.writeHead(200, PREFLIGHT).end();
    return;
  }
  response.setHeader('Access-Control-Expose-Headers', READ.join(', '));
  next();
};

/** A plain OPTIONS is no preflight (Fetch standard, 4.8). */
function isPreflight({ method, headers }: Request): boolean {
  return method === 'OPTIONS' && headers['access-control-request-method'] !== undefined;
}
