import { createHmac, randomUUID } from 'node:crypto';
import OAuth from 'oauth-1.0a';
import { formText, pairsOf, valueOf, type Call, type Pairs } from './server.js';

/** A key with its secret: a consumer's, or a token's. */
export interface Pair {
  readonly key: string;
  readonly secret: string;
}

/** Who signs. */
export interface Keys {
  readonly consumer: Pair;
  readonly token?: Pair | undefined;
}

/** A request to sign. */
export interface Unsigned {
  readonly method: string;
  readonly url: URL;
  readonly form?: Pairs;
  /** Seconds since the epoch. */
  readonly time: number;
}

/** The protocol parameters of a request, signature last: HMAC-SHA1 by the package `oauth-1.0a`, as vendors use it. */
export function sign({ method, url, form = [], time }: Unsigned, { consumer, token }: Keys): Pairs {
  const stamped = {
    oauth_consumer_key: consumer.key,
    ...(token === undefined ? {} : { oauth_token: token.key }),
    oauth_signature_method: 'HMAC-SHA1',
    oauth_timestamp: time,
    oauth_nonce: randomUUID().replaceAll('-', ''),
    oauth_version: '1.0',
  };
  const data = [...pairsOf(url.search.slice(1)), ...form];
  const signature = signatureOf({ method, url, data, stamped }, { consumer, token });
  return [
    ...Object.entries(stamped).map(([name, value]) => [name, String(value)] as const),
    ['oauth_signature', signature],
  ];
}

interface Signable {
  readonly method: string;
  readonly url: URL;
  readonly data: Pairs;
  readonly stamped: Readonly<Record<string, string | number>>;
}

// The package takes the query apart in a way of its own: it gets the bare address, and every parameter beside it.
function signatureOf({ method, url, data, stamped }: Signable, { consumer, token }: Keys): string {
  const oauth = new OAuth({
    consumer: { ...consumer },
    signature_method: 'HMAC-SHA1',
    hash_function: (base, key) => createHmac('sha1', key).update(base).digest('base64'),
  });
  const request = { method, url: `${url.origin}${url.pathname}`, data: grouped(data) };
  return oauth.getSignature(request, token?.secret, { ...stamped } as unknown as OAuth.Data);
}

function grouped(pairs: Pairs): Record<string, string[]> {
  const groups: Record<string, string[]> = {};
  for (const [name, value] of pairs) (groups[name] ??= []).push(value);
  return groups;
}

/** The value of an Authorization header. */
export function authorization(request: Unsigned, keys: Keys): string {
  const quoted = sign(request, keys).map(([name, value]) => `${name}="${encodeURIComponent(value)}"`);
  return `OAuth ${quoted.join(', ')}`;
}

/** The address with its signature in the query, for a browser to carry. */
export function signedUrl(request: Unsigned, keys: Keys): URL {
  const { url } = request;
  const signature = formText(sign(request, keys));
  return new URL(`${url.origin}${url.pathname}${url.search === '' ? '?' : `${url.search}&`}${signature}`);
}

/** Where a request keeps its protocol parameters, with the rest of what the signature covers. */
function protocolOf({ headers, query, form }: Call): { protocol: Pairs; data: Pairs } {
  const header = /^OAuth (.*)$/i.exec(headers.authorization ?? '')?.[1];
  if (header !== undefined) {
    const protocol = [...header.matchAll(/\b(\w+)="([^"]*)"/g)].map(([, name = '', value = '']) => {
      return [name, decodeURIComponent(value)] as const;
    });
    return { protocol, data: [...query, ...form] };
  }
  const all = [...query, ...form];
  const isProtocol = ([name]: readonly [string, string]): boolean => name.startsWith('oauth_');
  return { protocol: all.filter(isProtocol), data: all.filter((pair) => !isProtocol(pair)) };
}

/** Whether a request carries a signature at all. */
export function isSigned(call: Call): boolean {
  return valueOf(protocolOf(call).protocol, 'oauth_signature') !== undefined;
}

/** The token that a request names. */
export function tokenOf(call: Call): string | undefined {
  return valueOf(protocolOf(call).protocol, 'oauth_token');
}

/** Whether a request was signed with these keys. Times and nonces are not looked at: none of this is a fortress. */
export function isSignedBy(call: Call, keys: Keys): boolean {
  const { protocol, data } = protocolOf(call);
  const stamped = Object.fromEntries(protocol.filter(([name]) => name !== 'oauth_signature'));
  if (stamped['oauth_consumer_key'] !== keys.consumer.key) return false;
  const { method, url } = call;
  return valueOf(protocol, 'oauth_signature') === signatureOf({ method, url, data, stamped }, keys);
}
