import { randomUUID, sign, type KeyObject } from 'node:crypto';
import { baseString, formatAuthorization, type Pair } from '../../src/oauth1/index.js';

/** An app that holds a private key instead of sharing secrets. */
export interface RsaCredentials {
  readonly consumerKey: string;
  readonly token?: string;
  readonly privateKey: KeyObject;
}

/** How it signs. */
export interface RsaOptions {
  readonly method?: 'RSA-SHA1' | 'RSA-SHA256';
  /** Seconds. */
  readonly timestamp: number;
  readonly protocol?: readonly Pair[];
}

/** The value of an Authorization header signed as RFC 5849 3.4.3 says: our own signer does not, but apps do. */
export function rsaHeader(
  request: { readonly method: string; readonly url: URL },
  { consumerKey, token, privateKey }: RsaCredentials,
  { method = 'RSA-SHA1', timestamp, protocol = [] }: RsaOptions,
): string {
  const pairs: Pair[] = [
    ['oauth_consumer_key', consumerKey],
    ...(token === undefined ? [] : [['oauth_token', token] as const]),
    ['oauth_signature_method', method],
    ['oauth_timestamp', String(timestamp)],
    ['oauth_nonce', randomUUID().replaceAll('-', '')],
    ...protocol,
  ];
  const { origin, pathname, search } = request.url;
  const base = baseString({ method: request.method, origin, target: pathname + search, extra: pairs });
  const signature = sign(method === 'RSA-SHA256' ? 'sha256' : 'sha1', Buffer.from(base), privateKey);
  return formatAuthorization([...pairs, ['oauth_signature', signature.toString('base64')]]);
}
