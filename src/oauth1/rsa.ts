import { verify } from 'node:crypto';

/** The methods that prove a private key (RFC 5849 3.4.3); RSA-SHA256 is the same with a hash that is still secure. */
export const RSA_METHODS = ['RSA-SHA256', 'RSA-SHA1'] as const;

/** One of {@link RSA_METHODS}. */
export type RsaMethod = (typeof RSA_METHODS)[number];

/** True for a method whose signature a public key checks. */
export function isRsaMethod(method: string): method is RsaMethod {
  return RSA_METHODS.some((each) => each === method);
}

/** Used in place of a key that does not exist, so that the work is the same (OAU-18). Its private key was discarded. */
const NOBODYS_KEY = `-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAyPE6WF2BVi6IOaBjHNmH
I5sMZH/PC69ZM/2RBF66ksKO1Tj9R6UZKsAZGmapF+Pryxp9a/0AkjENpbTJxgGg
2p3fcoSkM+hX7z8zRrdoXynZfcpsNfaVMBb3qcDS69PqK5cOnejivLG44go5QDyr
TXPtGZcUdSqvwadqSPgyexZqxaa1LnCdv2JiiREelh4LQQTYPl8jjYbK75izBycW
pMJPSrxrJ3FhlHkxceaurgyJ6Jjk3Hgg1b42YE4bIojIOJOLfsirJI1kTINH544s
s3s53yi8v0BEaRf7zaRmF7lPaatWZ8zt6iUr8WpB0pS4jxVNZTy4T+9O3bcXfara
pQIDAQAB
-----END PUBLIC KEY-----
`;

/**
 * True when `received` is the base64 of a PKCS #1 v1.5 signature of `base` that the public key (PEM) fits. Without a
 * key the answer is false after the same work. Secrets take no part in it.
 */
export function rsaMatches(received: string, method: RsaMethod, base: string, publicKey: string | undefined): boolean {
  const bytes = Buffer.from(received, 'base64');
  const hash = method === 'RSA-SHA256' ? 'sha256' : 'sha1';
  const fits = verify(hash, Buffer.from(base), publicKey ?? NOBODYS_KEY, bytes);
  // Node skips what is no base64: one signature has one spelling.
  return fits && publicKey !== undefined && bytes.toString('base64') === received;
}
