import { hostOf, withoutTrailing } from '../../../kernel/index.js';
import type { OcmAddress, OcmServer } from './address.js';

/** This cloud, as addresses name it. */
export function ownServer(publicUrl: URL): OcmServer {
  const { href, protocol } = publicUrl;
  return {
    host: hostOf(href) ?? publicUrl.host,
    path: withoutTrailing(publicUrl.pathname, '/'),
    isPlain: protocol === 'http:',
  };
}

/**
 * The address of somebody of this cloud: their e-mail address and our host, or only the part before the `@` where their
 * e-mail address is at our host.
 */
export function ownAddress(email: string, own: OcmServer): OcmAddress {
  const at = email.lastIndexOf('@');
  const isShort = email.slice(at + 1).toLowerCase() === own.host;
  return { ...own, id: isShort ? email.slice(0, at) : email };
}

/** The e-mail addresses that an identifier at our host can mean. */
export function emailsOf(id: string, own: OcmServer): string[] {
  return id.includes('@') ? [id] : [`${id}@${own.host}`];
}
