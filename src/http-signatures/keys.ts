import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { invalid } from '../kernel/index.js';
import { algorithmOfJwk, isKeyFor, type Algorithm } from './algorithms.js';
import { LONGEST_KEY_ID } from './claim.js';

/** A public key that a cloud publishes, ready to verify with. */
export interface PublishedKey {
  /** As it is published; a signature names it byte for byte. */
  readonly keyId: string;
  readonly key: KeyObject;
  /** The algorithm that it is for; undefined for RSA keys of the draft, where the signature names the hash. */
  readonly algorithm: Algorithm | undefined;
}

/** Longest PEM that is read, characters: an RSA key of 4096 bits has 800. */
const LONGEST_PEM = 4 * 1024;

/** RSA keys that are safe and not too slow: bits of the modulus, and the largest exponent that is in use. */
const RSA_BITS = { least: 2_048, most: 4_096 };
const MOST_EXPONENT = 65_537n;

/**
 * Reads the RSA key of a discovery document (open-cloud-mesh.md 10.3): PEM, SPKI or PKCS #1, 2048 to 4096 bits. Throws
 * `invalid`.
 */
export function readRsaPem(keyId: string, pem: string): PublishedKey {
  const key = pem.length > LONGEST_PEM ? undefined : publicKeyOf(pem);
  if (key === undefined || !isSoundRsa(key) || keyId === '' || keyId.length > LONGEST_KEY_ID) {
    throw invalid('publicKey is not an RSA key that can be used.');
  }
  return { keyId, key, algorithm: undefined };
}

function publicKeyOf(pem: string): KeyObject | undefined {
  // Node would take a private key as well, and use its public half. It is refused, since nobody should publish one.
  if (!/^\s*-----BEGIN (?:RSA )?PUBLIC KEY-----/.test(pem)) return undefined;
  try {
    return createPublicKey(pem);
  } catch {
    return undefined;
  }
}

function isSoundRsa(key: KeyObject): boolean {
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  const isSound = modulusLength >= RSA_BITS.least && modulusLength <= RSA_BITS.most && publicExponent <= MOST_EXPONENT;
  return key.asymmetricKeyType === 'rsa' && isSound;
}

/** Longest number in a JWK, characters: that of an RSA key of 4096 bits has 683. */
const LONGEST_NUMBER = 1_024;

/**
 * Reads one entry of a JWK set (RFC 7517 4). Undefined for what cannot verify: other uses, algorithms that we do not
 * take, no `kid`, or no `alg` where the key alone does not say it (open-cloud-mesh.md 10.2).
 */
export function readJwk(entry: unknown): PublishedKey | undefined {
  if (typeof entry !== 'object' || entry === null) return undefined;
  const jwk = entry as Readonly<Record<string, unknown>>;
  const { kid, use } = jwk;
  if (typeof kid !== 'string' || kid === '' || kid.length > LONGEST_KEY_ID) return undefined;
  if (use !== undefined && use !== 'sig') return undefined;
  const [algorithm, key] = [algorithmIn(jwk), keyIn(jwk)];
  if (algorithm === undefined || key === undefined || !isKeyFor(algorithm, key)) return undefined;
  if (key.asymmetricKeyType === 'rsa' && !isSoundRsa(key)) return undefined;
  return { keyId: kid, key, algorithm };
}

function algorithmIn({ alg, kty, crv }: Readonly<Record<string, unknown>>): Algorithm | undefined {
  if (alg === undefined) return kty === 'OKP' && crv === 'Ed25519' ? 'ed25519' : undefined;
  return typeof alg === 'string' ? algorithmOfJwk(alg) : undefined;
}

/** The members of a public key. Private ones are not read, should somebody publish them. */
const PUBLIC_MEMBERS = ['kty', 'crv', 'x', 'y', 'n', 'e'] as const;

function keyIn(jwk: Readonly<Record<string, unknown>>): KeyObject | undefined {
  const members = PUBLIC_MEMBERS.map((name) => [name, jwk[name]] as const).filter(([, value]) => value !== undefined);
  if (members.some(([, value]) => typeof value !== 'string' || value.length > LONGEST_NUMBER)) return undefined;
  try {
    return createPublicKey({ key: Object.fromEntries(members) as JsonWebKey, format: 'jwk' });
  } catch {
    return undefined;
  }
}
