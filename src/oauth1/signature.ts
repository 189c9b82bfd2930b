import { createHash, createHmac, hash, timingSafeEqual } from 'node:crypto';
import { isUsableSecret, signingKey } from '../signing/index.js';
import { isRsaMethod, RSA_METHODS, rsaMatches, type RsaMethod } from './rsa.js';

/** The methods that prove secrets which both sides hold, weakest last. We sign with these. */
const SECRET_METHODS = ['HMAC-SHA256', 'HMAC-SHA1', 'PLAINTEXT'] as const;

/** One of the methods that we sign with. */
export type SecretMethod = (typeof SECRET_METHODS)[number];

/** A method that we verify. */
export type SignatureMethod = SecretMethod | RsaMethod;

/** Every method that an app may prove itself with; RSA only where it registered a public key. */
export const SIGNATURE_METHODS: readonly SignatureMethod[] = [...RSA_METHODS, ...SECRET_METHODS];

/** The methods that cover the whole request and need no key pair: what clouds prove themselves with (OAU-03). */
export const HMAC_METHODS = ['HMAC-SHA256', 'HMAC-SHA1'] as const;

/** True for a method we know, in its exact spelling. */
export function isSignatureMethod(text: string): text is SignatureMethod {
  return SIGNATURE_METHODS.some((method) => method === text);
}

/** The signature of a base string: base64 of the HMAC, or for PLAINTEXT the key itself (RFC 5849 3.4.2, 3.4.4). */
export function signature(method: SecretMethod, base: string, key: string): string {
  if (method === 'PLAINTEXT') return key;
  return createHmac(digestOf(method), key).update(base).digest('base64');
}

/** What a signature has to be made of; null stands for a consumer or token that does not exist. */
export interface ExpectedSecrets {
  readonly consumerSecret: string | null;
  /** Undefined when the request names no token (two-legged). */
  readonly tokenSecret: string | null | undefined;
  /** PEM; undefined when the consumer registered none, which means that no RSA signature fits. */
  readonly publicKey?: string | undefined;
}

/**
 * Used in place of secrets that do not exist, so that the work is the same (threat model OAU-18). It never verifies.
 */
const NO_SECRET = 'there is no such secret at all';

/**
 * True when `received` is the signature of `base` under usable secrets. The work is the same whether the consumer, the
 * token or the signature is wrong, and the comparison takes constant time.
 */
export function signatureMatches(
  received: string,
  method: SignatureMethod,
  base: string,
  { consumerSecret, tokenSecret, publicKey }: ExpectedSecrets,
): boolean {
  const usable = isUsableSecret(consumerSecret) && (tokenSecret === undefined || isUsableSecret(tokenSecret));
  if (isRsaMethod(method)) return rsaMatches(received, method, base, usable ? publicKey : undefined);
  const key = usable ? signingKey(consumerSecret, tokenSecret) : signingKey(NO_SECRET, NO_SECRET);
  const same = sameText(signature(method, base, key), received);
  return same && usable;
}

/** Compares two texts in constant time: both are hashed first, so that not even a length shows. */
export function sameText(a: string, b: string): boolean {
  return timingSafeEqual(sha256(a), sha256(b));
}

function sha256(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}

/**
 * The `oauth_body_hash` of a body under a signature method (OAuth Request Body Hash 1.0, section 3.2): base64 of the
 * plain hash that the method builds on, SHA-1 for PLAINTEXT.
 */
export function bodyHash(bytes: Uint8Array | string, method: SignatureMethod): string {
  return createHash(digestOf(method)).update(bytes).digest('base64');
}

/** The hash under a signature method, for callers that hash a stream. */
export function digestOf(method: SignatureMethod): 'sha1' | 'sha256' {
  return method.endsWith('SHA256') ? 'sha256' : 'sha1';
}
