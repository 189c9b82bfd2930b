import type { OcmProfile } from './profile.js';

/** Somebody with an account at a scripted server. */
export interface Resident {
  readonly login: string;
  readonly name: string;
  readonly email: string;
}

/** Everybody who lives at every scripted server. */
export const ZOE: Resident = { login: 'zoe', name: 'Zoe Zander', email: 'zoe@zander.example' };

const UUID = '4c510ada-c86b-4815-8820-42cdf82c3d51';

/** How a server of this make names Zoe when another server has to know her (open-cloud-mesh.md 2, 7). */
export function idOf({ people }: OcmProfile, host: string): string {
  switch (people) {
    case 'login':
      return ZOE.login;
    case 'uuid@host':
      return `${UUID}@${host}`;
    case 'base64':
      return Buffer.from(`${UUID}@http://${host}`).toString('base64');
    default:
      return Buffer.from(`${ZOE.login}@idp.example`).toString('base64url');
  }
}

/** True for every spelling under which a server of this make finds Zoe. */
export function isZoe(profile: OcmProfile, id: string, host: string): boolean {
  if (profile.people === 'login') return id === ZOE.login;
  return id === idOf(profile, host) || (profile.people !== 'base64url' && (id === UUID || id === `${UUID}@${host}`));
}

/** Splits an address at its last `@`; a repeated host is cut off. */
export interface Place {
  readonly id: string;
  readonly host: string;
  readonly scheme: 'http' | 'https';
}

/** Reads an address as a server of this make does; undefined for what is none. */
export function placeOf({ needsScheme }: OcmProfile, address: unknown): Place | undefined {
  if (typeof address !== 'string') return undefined;
  const whole = address.replace(/\/$/, '').replace(/\/index\.php$/, '');
  const at = whole.lastIndexOf('@');
  if (at < 1) return undefined;
  const host = whole.slice(at + 1);
  const plain = host.replace(/^https?:\/\//, '').toLowerCase();
  // Without a scheme it is https, and nothing else is tried (seen of Nextcloud).
  const scheme = host.startsWith('http://') || !needsScheme ? 'http' : 'https';
  return { id: whole.slice(0, at), host: plain, scheme };
}
