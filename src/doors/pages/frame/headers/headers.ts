import type { RequestHandler, Response } from 'express';
import helmet from 'helmet';
import { isHttps } from './cookies.js';

const SELF = "'self'";
const NONE = "'none'";
const POLICY = 'Content-Security-Policy';

/** The directives of every page: nothing inline, nothing from elsewhere, never in a frame (WEB-04). */
function contentSecurityPolicy(formTargets: readonly string[]): string {
  const directives: Readonly<Record<string, readonly string[]>> = {
    'default-src': [NONE],
    'script-src': [SELF],
    'style-src': [SELF],
    'img-src': [SELF, 'data:'],
    'connect-src': [SELF],
    'form-action': [SELF, ...formTargets],
    'frame-ancestors': [NONE],
    'base-uri': [NONE],
  };
  return Object.entries(directives)
    .map(([name, values]) => `${name} ${values.join(' ')}`)
    .join('; ');
}

/** Sets the headers of every answer of the pages door, errors included. */
export function pageHeaders(publicUrl: URL): RequestHandler {
  const protect = helmet({
    contentSecurityPolicy: false,
    frameguard: { action: 'deny' },
    // Pages whose address is a secret tighten this; elsewhere our own forms name their origin.
    referrerPolicy: { policy: 'same-origin' },
    strictTransportSecurity: isHttps(publicUrl) ? { maxAge: 31_536_000, includeSubDomains: false } : false,
  });
  return (request, response, next) => {
    response.setHeader(POLICY, contentSecurityPolicy([]));
    response.setHeader('Cache-Control', 'no-store');
    protect(request, response, next);
  };
}

/** True once {@link pageHeaders} have been set: other doors that show a page come without them. */
export function isProtected(response: Response): boolean {
  return response.hasHeader(POLICY);
}

/** Lets the forms of this page lead on to other clouds: `form-action` also judges the redirect after a POST. */
export function allowFormsTo(response: Response, origins: readonly string[]): void {
  response.setHeader(POLICY, contentSecurityPolicy([...new Set(origins.filter(isWebOrigin))]));
}

/** Keeps the address of this page to itself (PRO-15). */
export function hideAddress(response: Response): void {
  response.setHeader('Referrer-Policy', 'no-referrer');
}

/** True for a page that {@link hideAddress} was called for. */
export function hidesAddress(response: Pick<Response, 'getHeader'>): boolean {
  return response.getHeader('Referrer-Policy') === 'no-referrer';
}

/** Content of people's files can never act as a page of ours (CNT-01). */
export function sandboxContent(response: Response): void {
  response.setHeader(POLICY, "sandbox; default-src 'none'");
}

function isWebOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text;
}
