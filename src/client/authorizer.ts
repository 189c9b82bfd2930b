import { baseString, formatAuthorization, isUsableSecret, signingKey, type Pair } from '../signing/index.js';
import { base64 } from './headers.js';
import { ownNonce, ownTime } from './surroundings.js';

/** Who signs: an app, and the token that a person gave it. `footbridge token add --json` prints one. */
export interface Credentials {
  readonly consumerKey: string;
  readonly consumerSecret: string;
  /** Together with `tokenSecret`; without both the request is the app's own. */
  readonly token?: string | undefined;
  readonly tokenSecret?: string | undefined;
}

/** How to sign. */
export interface SigningOptions {
  /** Default HMAC-SHA1, which every cloud reads. PLAINTEXT sends the secrets themselves. */
  readonly method?: 'HMAC-SHA1' | 'HMAC-SHA256' | 'PLAINTEXT' | undefined;
  /** For trials: PLAINTEXT over http too. */
  readonly insecure?: boolean | undefined;
  /** Milliseconds since the Unix epoch; the cloud bears ten minutes of difference. Default: the system's clock. */
  readonly now?: (() => number) | undefined;
  /** A word never used before at the same second; default: 32 random hexadecimal digits. */
  readonly nonce?: (() => string) | undefined;
}

/** What of a request its signature covers; bodies are not signed. */
export interface SignedParts {
  readonly method: string;
  readonly url: URL;
}

/** Answers the value of an `Authorization` header that proves who asks, fresh each time. May answer at once. */
export type Authorizer = (request: SignedParts, protocol?: readonly Pair[]) => string | Promise<string>;

/**
 * Signs with OAuth 1.0a (RFC 5849 3). Throws a `TypeError` when a secret is missing or empty. What it answers rejects
 * with one for PLAINTEXT over http. HMAC needs WebCrypto, which browsers have on https pages and on localhost.
 */
export function createAuthorizer(credentials: Credentials, options: SigningOptions = {}): Authorizer {
  checkSecrets(credentials);
  const { method = 'HMAC-SHA1', insecure, now = ownTime, nonce = ownNonce } = options;
  const key = signingKey(credentials.consumerSecret, credentials.tokenSecret);
  const sign = method === 'PLAINTEXT' ? () => key : hmac(method, key);
  return async (request, protocol = []) => {
    if (method === 'PLAINTEXT' && request.url.protocol !== 'https:' && insecure !== true) {
      throw new TypeError('PLAINTEXT is never sent over http.');
    }
    const pairs: Pair[] = [
      ...identity(credentials),
      ['oauth_signature_method', method],
      ['oauth_timestamp', String(Math.floor(now() / 1_000))],
      ['oauth_nonce', nonce()],
      ['oauth_version', '1.0'],
      ...protocol,
    ];
    return formatAuthorization([...pairs, ['oauth_signature', await sign(signedText(request, pairs))]]);
  };
}

/** Fails closed: a secret that got lost must not become a signature that anybody can make. */
function checkSecrets({ consumerSecret, token, tokenSecret }: Credentials): void {
  const isPaired = (token === undefined) === (tokenSecret === undefined);
  const isUsable = isUsableSecret(consumerSecret) && (tokenSecret === undefined || isUsableSecret(tokenSecret));
  if (!isPaired || !isUsable) throw new TypeError('A secret is missing or empty.');
}

function identity({ consumerKey, token }: Credentials): Pair[] {
  return [['oauth_consumer_key', consumerKey], ...(token === undefined ? [] : [['oauth_token', token] as const])];
}

function signedText({ method, url }: SignedParts, extra: readonly Pair[]): string {
  return baseString({ method, origin: url.origin, target: url.pathname + url.search, extra });
}

/** A function that makes the base64 of a text's HMAC; the key is imported once. */
function hmac(method: 'HMAC-SHA1' | 'HMAC-SHA256', secret: string): (text: string) => Promise<string> {
  const hash = method === 'HMAC-SHA1' ? 'SHA-1' : 'SHA-256';
  const encode = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
  let key: ReturnType<typeof crypto.subtle.importKey> | undefined;
  return async (text) => {
    key ??= crypto.subtle.importKey('raw', encode(secret), { name: 'HMAC', hash }, false, ['sign']);
    return base64(new Uint8Array(await crypto.subtle.sign('HMAC', await key, encode(text))));
  };
}
