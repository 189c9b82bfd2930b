import { constants, sign, verify, type KeyObject } from 'node:crypto';

/** Which of the two ways of signing requests: the draft as Nextcloud deploys it, or the RFC. */
export type SignatureScheme = 'cavage' | 'rfc9421';

/** Everything about an algorithm but its name. */
interface Method {
  readonly scheme: SignatureScheme;
  /** The names that a JWK may have for it in `alg` (RFC 7518, RFC 8037, RFC 9864); empty where a JWK cannot name it. */
  readonly jwk: readonly string[];
  readonly keyType: 'ed25519' | 'rsa' | 'ec';
  /** The curve of keys of the type `ec`. */
  readonly curve?: string;
  readonly hash: string | null;
  readonly options?: { readonly padding?: number; readonly saltLength?: number; readonly dsaEncoding?: 'ieee-p1363' };
}

const PSS = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 64 };
const P1363 = { dsaEncoding: 'ieee-p1363' } as const;

/** Asymmetric algorithms only: there is no secret that two clouds share, and `none` proves nothing (OCM-03). */
const METHODS = {
  ed25519: { scheme: 'rfc9421', jwk: ['Ed25519', 'EdDSA'], keyType: 'ed25519', hash: null },
  'rsa-v1_5-sha256': { scheme: 'rfc9421', jwk: ['RS256'], keyType: 'rsa', hash: 'sha256' },
  'rsa-pss-sha512': { scheme: 'rfc9421', jwk: ['PS512'], keyType: 'rsa', hash: 'sha512', options: PSS },
  'ecdsa-p256-sha256': {
    scheme: 'rfc9421',
    jwk: ['ES256'],
    keyType: 'ec',
    curve: 'prime256v1',
    hash: 'sha256',
    options: P1363,
  },
  'ecdsa-p384-sha384': {
    scheme: 'rfc9421',
    jwk: ['ES384'],
    keyType: 'ec',
    curve: 'secp384r1',
    hash: 'sha384',
    options: P1363,
  },
  'rsa-sha256': { scheme: 'cavage', jwk: [], keyType: 'rsa', hash: 'sha256' },
  'rsa-sha512': { scheme: 'cavage', jwk: [], keyType: 'rsa', hash: 'sha512' },
} as const satisfies Readonly<Record<string, Method>>;

/** An algorithm that we verify. */
export type Algorithm = keyof typeof METHODS;

const methodOf = (algorithm: Algorithm): Method => METHODS[algorithm];

/** The algorithm of this name, if requests of this scheme may be signed with it. */
export function algorithmNamed(name: string, scheme: SignatureScheme): Algorithm | undefined {
  return namesOf(scheme).find((algorithm) => algorithm === name);
}

/** The algorithm of a JWK's `alg`; undefined for those that we do not verify, such as `none` and HMAC. */
export function algorithmOfJwk(alg: string): Algorithm | undefined {
  return namesOf('rfc9421').find((algorithm) => methodOf(algorithm).jwk.includes(alg));
}

function namesOf(scheme: SignatureScheme): Algorithm[] {
  return (Object.keys(METHODS) as Algorithm[]).filter((algorithm) => METHODS[algorithm].scheme === scheme);
}

/** True when a key is of the kind that an algorithm works with. */
export function isKeyFor(algorithm: Algorithm, key: KeyObject): boolean {
  const { keyType, curve } = methodOf(algorithm);
  if (key.asymmetricKeyType !== keyType) return false;
  return curve === undefined || key.asymmetricKeyDetails?.namedCurve === curve;
}

/**
 * True when `signature` is a signature of `base` by the private half of `key`, which fits the algorithm. Each character
 * of `base` is one octet.
 */
export function signatureFits(algorithm: Algorithm, key: KeyObject, base: string, signature: Uint8Array): boolean {
  if (!isKeyFor(algorithm, key)) return false;
  const { hash, options } = methodOf(algorithm);
  return verify(hash, Buffer.from(base, 'latin1'), { key, ...options }, signature);
}

/** Signs a base with a private key that fits the algorithm. */
export function signBase(algorithm: Algorithm, key: KeyObject, base: string): Buffer {
  const { hash, options } = methodOf(algorithm);
  return sign(hash, Buffer.from(base, 'latin1'), { key, ...options });
}
