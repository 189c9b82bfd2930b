import type { Request } from 'express';
import { Failure, invalid } from '../kernel/index.js';

const ABSOLUTE = /^https?:\/\/[^/?#]*/i;

/**
 * Refuses a signed request that was not meant for us (threat model OAU-12): `misdirected` for a Host unlike the public
 * origin, `invalid` for none, two, or a full request target elsewhere. Judged on the raw headers: the parser silently
 * keeps the first of two hosts and ignores the authority of the target.
 */
export function requireOrigin(http: Request, publicOrigin: string): void {
  const hosts = http.rawHeaders.filter((_value, index) => index % 2 === 1 && isHost(http.rawHeaders[index - 1]));
  const [host] = hosts;
  if (host === undefined || hosts.length > 1) throw invalid('A request names exactly one host.');
  const ours = new URL(publicOrigin);
  const target = ABSOLUTE.exec(http.originalUrl)?.[0];
  if (target !== undefined && originOf(target) !== ours.origin)
    throw invalid('The request target is not on this cloud.');
  if (originOf(`${ours.protocol}//${host}`) !== ours.origin) {
    throw new Failure('misdirected', 'This is not the address of this cloud.');
  }
}

/** A request target without scheme and authority, as signatures see it. */
export function originForm(target: string): string {
  return target.replace(ABSOLUTE, '');
}

function isHost(name: string | undefined): boolean {
  return name?.toLowerCase() === 'host';
}

/** Scheme, host and port as they are compared (G7); a trailing dot names the same host. */
function originOf(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const { protocol, hostname, port, username, password, pathname } = new URL(text);
  if (username !== '' || password !== '' || pathname !== '/') return undefined;
  return new URL(`${protocol}//${hostname.replace(/\.$/, '')}${port === '' ? '' : `:${port}`}`).origin;
}
