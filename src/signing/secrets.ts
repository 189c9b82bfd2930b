import { percentEncode } from './parameters.js';

/** False for secrets that must never prove anything: missing, empty, blank (threat model OAU-01). */
export function isUsableSecret(secret: string | null | undefined): secret is string {
  return typeof secret === 'string' && secret.trim() !== '';
}

/** RFC 5849 3.4.2: both secrets encoded and joined. Without a token (two-legged) the second half is empty. */
export function signingKey(consumerSecret: string, tokenSecret = ''): string {
  return `${percentEncode(consumerSecret)}&${percentEncode(tokenSecret)}`;
}
