import type { Request } from 'express';

/** What a request shows to come in, unchecked. */
export type Credentials =
  /** A person's program (RFC 7617). */
  | { readonly kind: 'password'; readonly user: string; readonly password: string }
  /** Another cloud, with the secret of a share: as a user without a password, or as a bearer (open-cloud-mesh.md 8). */
  | { readonly kind: 'secret'; readonly secret: string };

/** Longest credentials that are read, bytes. */
const LONGEST = 1_024;

/** Reads the header `Authorization`; undefined for none, for another scheme, and for what is broken. */
export function readCredentials({ headers }: Pick<Request, 'headers'>): Credentials | undefined {
  const text = headers.authorization ?? '';
  const secret = /^\s*Bearer\s+([A-Za-z0-9._~+/-]{1,1024}=*)\s*$/i.exec(text)?.[1];
  if (secret !== undefined) return { kind: 'secret', secret };
  const basic = /^\s*Basic\s+([A-Za-z0-9+/]{1,1368}={0,2})\s*$/i.exec(text)?.[1];
  return basic === undefined ? undefined : readBasic(Buffer.from(basic, 'base64'));
}

function readBasic(bytes: Buffer): Credentials | undefined {
  const pair = bytes.toString('utf8');
  const colon = pair.indexOf(':');
  // Bytes that are not UTF-8 cannot be right: every password and secret that opens something was made here, of plain
  // letters.
  if (colon === -1 || bytes.length > LONGEST || !Buffer.from(pair).equals(bytes)) return undefined;
  const [user, password] = [pair.slice(0, colon), pair.slice(colon + 1)];
  // Seafile appends colons to a secret until its base64 needs no `=` at the end: they are an empty password.
  return /^:*$/.test(password) ? { kind: 'secret', secret: user } : { kind: 'password', user, password };
}
