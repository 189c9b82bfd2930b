import type { RequestHandler } from 'express';
import { refuseAtOnce } from './refusal.js';

/** A path, or a whole address of a web page (RFC 9112 3.2.1 and 3.2.2). */
const WANTED = /^(?:https?:\/\/[^/?#]*)?(\/[^?#]*|(?=\?)|$)/i;

/** A quick check for paths without dots and escapes, as nearly all are. */
const PLAIN = /^\/[^.%?#]*(?:\?|$)/;

/** `.` and `..`, also escaped, alone between slashes. */
const DOTS = /^(?:\.|%2e){1,2}$/i;

/**
 * Where a lone dot is let through, to be dropped: a cloud of another make asks for `<root>/.` and `<root>/./name`
 * (open-cloud-mesh.md 8).
 */
const DROPS_DOTS = /^\/(?:dav\/ocm|public\.php\/webdav)\//;

/**
 * Refuses a request target that two readers could take for different paths (threat model PTH-02): one with dot segments,
 * which some remove and some do not, and one that is no path at all, such as `*`.
 */
export const refuseOddTargets: RequestHandler = (request, response, next) => {
  if (PLAIN.test(request.originalUrl)) {
    next();
    return;
  }
  const path = WANTED.exec(request.originalUrl)?.[1];
  if (path !== undefined && !hasDots(path)) next();
  else refuseAtOnce(response, 400, 'The request target must be a path without dot segments.');
};

function hasDots(path: string): boolean {
  const dropped = DROPS_DOTS.test(path) ? '.' : undefined;
  return path.split('/').some((segment) => segment !== dropped && DOTS.test(segment));
}
