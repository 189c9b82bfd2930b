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
  // Two hours, the longest that browsers cache it.
  'Access-Control-Max-Age': '7200',
  'Content-Length': '0',
} as const;

/**
 * Lets pages of every web origin use an API that requires a signature (decision 0019): cookies are ignored there, so a
 * page gains no rights of the person whose browser shows it. A preflight is answered here and reaches no handler; all
 * other requests pass unchanged.
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
