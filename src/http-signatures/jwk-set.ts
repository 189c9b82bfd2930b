import type { KeyObject } from 'node:crypto';
import { Failure, invalid } from '../kernel/index.js';
import { readJwk, type PublishedKey } from './keys.js';

/** Most entries of a set that are looked at: nobody signs with more. */
const MOST_KEYS = 32;

/** An entry of our own set. */
export interface OwnJwk {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  readonly x: string;
  readonly kid: string;
  readonly alg: 'Ed25519';
  readonly use: 'sig';
}

/** The set that we publish (open-cloud-mesh.md 10.2): Ed25519 keys with `kid` and `alg`, public halves only. */
export function jwkSet(keys: readonly { readonly keyId: string; readonly key: KeyObject }[]): {
  readonly keys: readonly OwnJwk[];
} {
  return { keys: keys.map(({ keyId, key }) => ownJwk(keyId, key)) };
}

function ownJwk(kid: string, key: KeyObject): OwnJwk {
  const { x } = key.asymmetricKeyType === 'ed25519' ? key.export({ format: 'jwk' }) : {};
  if (x === undefined)
    throw new Failure('internal', 'Our keys cannot be told.', { detail: `${kid} is no Ed25519 key` });
  return { kty: 'OKP', crv: 'Ed25519', x, kid, alg: 'Ed25519', use: 'sig' };
}

/**
 * The keys in a peer's set (RFC 7517 5) that can verify. When two have the same `kid`, neither is used, since nobody
 * knows which is meant. Throws `invalid` for what is no set.
 */
export function readJwkSet(document: unknown): PublishedKey[] {
  const entries: unknown =
    typeof document === 'object' && document !== null ? Reflect.get(document, 'keys') : undefined;
  if (!Array.isArray(entries)) throw invalid('This is not a set of keys.');
  const keys = entries.slice(0, MOST_KEYS).flatMap((entry: unknown) => readJwk(entry) ?? []);
  return keys.filter(({ keyId }) => keys.filter((other) => other.keyId === keyId).length === 1);
}
