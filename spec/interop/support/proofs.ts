import { randomBytes } from 'node:crypto';
import oauthSignature from 'oauth-signature';
import type { ProofStyle } from './recording.js';

/** Whom a client signs as. */
export interface Keys {
  readonly consumerKey: string;
  readonly consumerSecret: string;
  readonly token?: string | undefined;
  readonly tokenSecret?: string | undefined;
}

/** What is signed. */
export interface Signed {
  readonly method: string;
  /** With its query. */
  readonly url: URL;
  /** The fields of a body that is labelled as a form. */
  readonly form: URLSearchParams;
  /** Seconds. */
  readonly now: number;
}

/** Parameters in the client’s own order, as it writes them. */
export type Proof = readonly (readonly [name: string, value: string])[];

/** The protocol parameters of one request, signed in a client’s way by code that is not ours. */
export function prove(style: ProofStyle, keys: Keys, signed: Signed): Proof {
  const { consumerKey, token } = keys;
  const values = new Map<string, string>([
    ['oauth_consumer_key', consumerKey],
    ['oauth_token', token ?? ''],
    ['oauth_nonce', randomBytes(16).toString('hex')],
    ['oauth_timestamp', String(signed.now)],
    ['oauth_version', '1.0'],
    ['oauth_signature_method', style.method],
    ...Object.entries(style.more ?? {}),
  ]);
  const parameters = style.order
    .filter((name) => name !== 'oauth_signature')
    .map((name) => [name, values.get(name) ?? ''] as const);
  values.set('oauth_signature', signatureOf(style, keys, signed, parameters));
  return style.order.map((name) => [name, values.get(name) ?? ''] as const);
}

function signatureOf(
  { method: how }: ProofStyle,
  keys: Keys,
  { method, url, form }: Signed,
  parameters: Proof,
): string {
  const { consumerSecret, tokenSecret } = keys;
  if (how === 'PLAINTEXT') return `${encodeURIComponent(consumerSecret)}&${encodeURIComponent(tokenSecret ?? '')}`;
  const all = [...parameters, ...url.searchParams, ...form].map(([name, value]) => ({ [name]: value }));
  const options = { encodeSignature: false };
  return oauthSignature.generate(method, url.origin + url.pathname, all, consumerSecret, tokenSecret, options);
}

/** The value of an Authorization header. */
export function asHeader(proof: Proof): string {
  return `OAuth ${proof.map(([name, value]) => `${name}="${encodeURIComponent(value)}"`).join(', ')}`;
}

/** For a query or a form-encoded body. */
export function asPairs(proof: Proof): string {
  return proof.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
}
