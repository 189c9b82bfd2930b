import type { KeyObject } from 'node:crypto';
import { Failure, SECOND } from '../kernel/index.js';
import { isKeyFor, signBase, type Algorithm } from './algorithms.js';
import { CAVAGE_HEADERS } from './cavage.js';
import { signatureBase } from './components.js';
import { contentDigest, legacyDigest } from './digests.js';
import { OCM_MARK, REQUIRED_COMPONENTS } from './rfc9421.js';
import { writeInnerList } from './structured-fields.js';

/** A message about to be sent. */
export interface OutgoingMessage {
  readonly method: string;
  /** Where it goes; a fragment is not sent and not signed. */
  readonly url: URL;
  readonly body: Uint8Array;
}

/** A private key of ours, with the id under which its public half is published. */
export interface OwnKey {
  readonly keyId: string;
  readonly key: KeyObject;
}

/** Headers to send with the message, by their lower-case names. */
export type SignedHeaders = Readonly<Record<string, string>>;

/**
 * Signs a message by RFC 9421 so that all three generations of peers find what they look for (open-cloud-mesh.md 10.2):
 * label and tag `ocm`, all five components, Ed25519. `now` is in milliseconds.
 */
export function signMessage(message: OutgoingMessage, own: OwnKey, now: number): SignedHeaders {
  checkKey('ed25519', own);
  const sent = {
    'content-digest': contentDigest(message.body),
    'content-length': String(message.body.length),
    date: new Date(now).toUTCString(),
  };
  const covered = [...REQUIRED_COMPONENTS, 'date'];
  const parameters = writeInnerList([covered.map((name) => [name, new Map()] as const), parametersOf(own, now)]);
  const base = signatureBase(covered, parameters, received(message, sent));
  const signature = signBase('ed25519', own.key, base).toString('base64');
  return { ...sent, 'signature-input': `${OCM_MARK}=${parameters}`, signature: `${OCM_MARK}=:${signature}:` };
}

function parametersOf({ keyId }: OwnKey, now: number): Map<string, string | number> {
  return new Map<string, string | number>([
    ['created', Math.floor(now / SECOND)],
    ['keyid', keyId],
    ['alg', 'ed25519'],
    ['tag', OCM_MARK],
  ]);
}

/** The message as its receiver will see it. */
function received({ method, url, body }: OutgoingMessage, headers: SignedHeaders) {
  return {
    method,
    origin: url.origin,
    target: url.pathname + url.search,
    rawHeaders: Object.entries(headers).flat(),
    body,
  };
}

/**
 * Signs a message by the draft, byte for byte as Nextcloud does (open-cloud-mesh.md 10.3). Throws `internal` for an
 * address with a query, which would stand outside the signature.
 */
export function signCavage(message: OutgoingMessage, own: OwnKey, now: number): SignedHeaders {
  checkKey('rsa-sha512', own);
  const { url, method, body } = message;
  if (url.search !== '') throw cannotSign('a query cannot be signed');
  const sent = {
    'content-length': String(body.length),
    date: new Date(now).toUTCString(),
    digest: legacyDigest(body),
  };
  const values = { ...sent, '(request-target)': `${method.toLowerCase()} ${url.pathname}`, host: url.host };
  const base = CAVAGE_HEADERS.map((name) => `${name}: ${values[name]}`).join('\n');
  const signature = signBase('rsa-sha512', own.key, base).toString('base64');
  const parts = { keyId: own.keyId, algorithm: 'rsa-sha512', headers: CAVAGE_HEADERS.join(' '), signature };
  const header = Object.entries(parts).map(([name, value]) => `${name}="${value}"`);
  return { ...sent, signature: header.join(',') };
}

/** Ids of keys stand in quotes, and Nextcloud splits the header at commas: neither may be in one. */
const PLAIN_KEY_ID = /^[\x21\x23-\x2b\x2d-\x5b\x5d-\x7e]{1,1024}$/;

function checkKey(algorithm: Algorithm, { keyId, key }: OwnKey): void {
  const isSound = key.type === 'private' && isKeyFor(algorithm, key) && PLAIN_KEY_ID.test(keyId);
  if (!isSound) throw cannotSign(`the key ${keyId} cannot sign ${algorithm}`);
}

function cannotSign(detail: string): Failure {
  return new Failure('internal', 'The message could not be signed.', { detail });
}
