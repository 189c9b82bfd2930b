import type { Request } from 'express';
import { Failure, invalid } from '../../kernel/index.js';
import { headerValues } from '../front/raw-headers.js';

const ABSOLUTE = /^https?:\/\/[^/?#]*/i;

/**
 * Refuses a signed request that was not meant for us (threat model OAU-12): `misdirected` for a Host unlike the public
 * origin, `invalid` for none, two, or a full request target elsewhere. Judged on the raw headers: the parser silently
 * keeps the first of two hosts and ignores the authority of the target.
 */
export function requireOwnWebOrigin(http: Request, webOrigin: string): void {
  const hosts = headerValues(http.rawHeaders, 'host');
  const [host] = hosts;
  if (host === undefined || hosts.length > 1) throw invalid('A request names exactly one host.');
  if (host === right.host && webOrigin === right.webOrigin && http.originalUrl.startsWith('/')) return;
  const ours = new URL(webOrigin);
  const target = ABSOLUTE.exec(http.originalUrl)?.[0];
  if (target !== undefined && webOriginOf(target) !== ours.origin)
    throw invalid('The request target is not on this cloud.');
  if (webOriginOf(`${ours.protocol}//${host}`) !== ours.origin) {
    throw new Failure('misdirected', 'This is not the address of this cloud.');
  }
  right = { host, webOrigin };
}

/** The spelling of our host that was accepted last; nearly all requests have the same. */
let right = { host: '', webOrigin: '' };

/** A request target without scheme and authority, as signatures see it. */
export function originForm(target: string): string {
  return target.replace(ABSOLUTE, '');
}

/** Scheme, host and port as they are compared (G7); a trailing dot names the same host. */
function webOriginOf(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const { protocol, hostname, port, username, password, pathname } = new URL(text);
  if (username !== '' || password !== '' || pathname !== '/') return undefined;
  return new URL(`${protocol}//${hostname.replace(/\.$/, '')}${port === '' ? '' : `:${port}`}`).origin;
}
