import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  createSignatureVerifier,
  readJwk,
  readRsaPem,
  type Expectation,
  type KeyDirectory,
  type PublishedKey,
  type ReceivedRequest,
  type SignatureVerifier,
} from '../../src/http-signatures/index.js';
import { handClock, openNonces, type HandClock } from '../oauth1/support.js';

/** One signed request of a fixture. */
export interface Vector {
  readonly name: string;
  readonly kind: 'rfc9421' | 'cavage';
  /** Which of the keys signed it. */
  readonly key: string;
  readonly alg: string;
  readonly keyId: string;
  /** The host whose cloud signed it. */
  readonly signer: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** What was signed. */
  readonly base: string;
}

interface OcmVectors {
  readonly now: number;
  readonly origin: string;
  readonly keys: Readonly<
    Record<string, { readonly private?: string; readonly public?: string; readonly jwk?: object }>
  >;
  readonly vectors: readonly Vector[];
}

function read<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../fixtures/http-signatures/${name}`, import.meta.url), 'utf8')) as T;
}

/** Requests of clouds of every generation, signed by a program that is not ours. */
export const OCM = read<OcmVectors>('ocm.json');

/** RFC 9421, appendix B. */
export const RFC = read<{
  readonly origin: string;
  readonly target: string;
  readonly body: string;
  readonly keys: Readonly<Record<'rsa-pss-sha512' | 'ed25519' | 'ed25519-private', string>>;
  readonly vectors: readonly {
    readonly label: string;
    readonly alg: 'rsa-pss-sha512' | 'ed25519';
    readonly headers: Readonly<Record<string, string>>;
    readonly base: string;
  }[];
}>('rfc9421.json');

/** The vector of this name. */
export function vector(name: string): Vector {
  const found = OCM.vectors.find((each) => each.name === name);
  if (found === undefined) throw new Error(`there is no vector "${name}"`);
  return found;
}

/** What we send ourselves, in both schemes. */
export const SUPERSET = vector('all three generations at once, as we send it');
export const NEXTCLOUD = vector('Nextcloud 31 to 34, and as we send it');

/** A request with these headers as Node hands it to a door. */
export function requestWith(
  { headers, target, body }: Pick<Vector, 'headers' | 'target' | 'body'>,
  change: Partial<ReceivedRequest> & { readonly headers?: Readonly<Record<string, string | undefined>> } = {},
): ReceivedRequest {
  const all = Object.entries({ ...headers, ...change.headers }).filter(([, value]) => value !== undefined);
  return {
    method: 'POST',
    origin: OCM.origin,
    target,
    body: Buffer.from(body),
    rawHeaders: all.flatMap(([name, value]) => [name, value ?? '']),
    ...change,
  };
}

/** The public half of a key of the fixture under an id. */
export function publishedAs(keyId: string, { kind, key, alg }: Pick<Vector, 'kind' | 'key' | 'alg'>): PublishedKey {
  const stored = OCM.keys[key] ?? {};
  if (kind === 'cavage') return readRsaPem(keyId, stored.public ?? '');
  const jwk = readJwk({ ...stored.jwk, kid: keyId, alg: JWK_NAMES[alg] });
  if (jwk === undefined) throw new Error(`${key} cannot be read`);
  return jwk;
}

const JWK_NAMES: Readonly<Record<string, string>> = {
  ed25519: 'Ed25519',
  'rsa-v1_5-sha256': 'RS256',
  'rsa-pss-sha512': 'PS512',
  'ecdsa-p256-sha256': 'ES256',
  'ecdsa-p384-sha384': 'ES384',
};

/** The private half of a key of the fixture. */
export function privateKey(name: 'ed25519' | 'rsa'): KeyObject {
  return createPrivateKey(OCM.keys[name]?.private ?? '');
}

/** What the clouds of a directory publish, and what it was asked. */
export class ListedKeys implements KeyDirectory {
  readonly asked: string[] = [];
  readonly #keys = new Map<string, PublishedKey>();

  publish(host: string, scheme: string, key: PublishedKey): void {
    this.#keys.set(`${scheme} ${host} ${key.keyId}`, key);
  }

  async keyOf(host: string, keyId: string, scheme: string): Promise<PublishedKey | undefined> {
    this.asked.push(`${host} ${keyId}`);
    return this.#keys.get(`${scheme} ${host} ${keyId}`);
  }
}

/** A verifier at the moment of the fixtures whose directory knows the signer of a vector. */
export async function verifierFor(
  known: Vector,
  cap?: number,
): Promise<{ verifier: SignatureVerifier; keys: ListedKeys; clock: HandClock }> {
  const [keys, clock] = [new ListedKeys(), handClock(OCM.now)];
  keys.publish(known.signer, known.kind, publishedAs(known.keyId, known));
  const seen = await openNonces(clock, cap);
  return { verifier: createSignatureVerifier({ clock, keys, seen }), keys, clock };
}

/** What a door expects of a message that speaks for these hosts. */
export function from(...hosts: string[]): Expectation {
  return { hosts, policy: 'opportunistic', isKnownToSign: false };
}
