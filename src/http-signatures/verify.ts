import { hash } from 'node:crypto';
import { Failure, hostOf, MINUTE, SECOND, type Clock } from '../kernel/index.js';
import { signatureFits, type Algorithm, type SignatureScheme } from './algorithms.js';
import { readSignature } from './carried.js';
import type { SignatureClaim } from './claim.js';
import type { PublishedKey } from './keys.js';
import { mustBeSigned, type SignaturePolicy } from './policy.js';
import type { ReceivedRequest } from './request.js';

/** How old a signature may be, and how far ahead of our clock its time may be (open-cloud-mesh.md 10.2). */
const OLDEST = 300 * SECOND;
const FURTHEST_AHEAD = 60 * SECOND;

/** Signatures are remembered for so much longer than they can be valid, in case our clock is set back. */
const MARGIN = 5 * MINUTE;

/** Tells what keys clouds publish. */
export interface KeyDirectory {
  /**
   * The key that the cloud at `host` publishes under this id for this scheme: in the JWK set of its discovery document, or
   * as its `publicKey`. Undefined when it publishes none. The id is never an address to fetch from (OCM-02).
   */
  keyOf(host: string, keyId: string, scheme: SignatureScheme): Promise<PublishedKey | undefined>;
}

/** Remembers, within bounds, which signed messages were already let in. The nonce store of `oauth1` is one. */
export interface SeenSignatures {
  /**
   * `'fresh'` the first time, `'seen'` for the same four values before `expiresAt` (milliseconds), of parallel calls for
   * all but one; `'full'` when the host has used up its share.
   */
  remember(
    host: string,
    keyId: string,
    signedAt: number,
    digest: string,
    expiresAt: number,
  ): Promise<'fresh' | 'seen' | 'full'>;
}

/** What a verifier needs from the rest of the cloud. */
export interface SignatureVerifierOptions {
  readonly clock: Clock;
  readonly keys: KeyDirectory;
  readonly seen: SeenSignatures;
}

/** Which clouds may have signed a message, and whether it has to be signed. */
export interface Expectation {
  /** The hosts whose cloud may have signed it, as {@link hostOf} writes them: a few, from the message itself. */
  readonly hosts: readonly string[];
  readonly policy: SignaturePolicy;
  /** Whether the cloud that the message names has signed before. */
  readonly isKnownToSign: boolean;
}

/** Who signed a message. */
export interface MessageSigner {
  readonly scheme: SignatureScheme;
  readonly host: string;
  readonly keyId: string;
}

/** Tells who signed a message of Open Cloud Mesh. */
export interface SignatureVerifier {
  /**
   * Who signed the message; undefined for an unsigned one if it may be unsigned. Throws `unauthenticated` for a
   * signature that does not hold, and for a missing one that is demanded (OCM-01, OCM-03); `forbidden` when a cloud has
   * signed that is not among the expected ones (OCM-02); `too-many` when its cloud signs more than is remembered. A
   * message is remembered last, once all else is right.
   */
  verify(request: ReceivedRequest, expectation: Expectation): Promise<MessageSigner | undefined>;
}

/** A verifier of both kinds of signatures (open-cloud-mesh.md 10). */
export function createSignatureVerifier(options: SignatureVerifierOptions): SignatureVerifier {
  return {
    async verify(request, { hosts, policy, isKnownToSign }) {
      if (policy === 'off') return undefined;
      const carried = readSignature(request);
      if (carried.kind === 'broken') throw refused(carried.why);
      if (carried.kind !== 'unsigned') return verifyClaim(options, carried, hosts);
      if (mustBeSigned(policy, isKnownToSign)) throw refused('unsigned');
      return undefined;
    },
  };
}

async function verifyClaim(
  { clock, keys, seen }: SignatureVerifierOptions,
  claim: SignatureClaim,
  hosts: readonly string[],
): Promise<MessageSigner> {
  checkTime(claim, clock.now());
  const { host, published } = await findKey(keys, claim, hosts);
  const algorithm = agreedAlgorithm(claim, published);
  if (!signatureFits(algorithm, published.key, claim.base, claim.signature)) throw refused('bad signature');
  await remember(seen, claim, host);
  return { scheme: claim.kind, host, keyId: claim.keyId };
}

function checkTime({ signedAt, expiresAt }: SignatureClaim, now: number): void {
  const age = now - signedAt;
  if (age > OLDEST || age < -FURTHEST_AHEAD) throw refused(`signed ${String(Math.round(age / SECOND))} s ago`);
  if (expiresAt !== undefined && expiresAt <= now) throw refused('expired');
}

/** Most clouds for which one message may speak: owner and sender. */
const MOST_HOSTS = 3;

/**
 * Finds the key, asking only the expected clouds: a key id is compared with what they publish, and never used as an
 * address (OCM-02).
 */
async function findKey(keys: KeyDirectory, { kind, keyId }: SignatureClaim, hosts: readonly string[]) {
  const named = hostOfKeyId(keyId);
  if (named !== undefined && !hosts.includes(named)) {
    throw new Failure('forbidden', 'The message was signed by another server.', { detail: `signed by ${named}` });
  }
  for (const host of named === undefined ? hosts.slice(0, MOST_HOSTS) : [named]) {
    const published = await keys.keyOf(host, keyId, kind);
    // Compared again byte by byte, in case the look-up ignored letter case or blanks (open-cloud-mesh.md 10.3).
    if (published?.keyId === keyId) return { host, published };
  }
  throw refused('no such key');
}

/** The host that an id of a key names, as in `https://host/ocm#signature` and `host#key1`; undefined when it names none. */
export function hostOfKeyId(keyId: string): string | undefined {
  if (/^https?:\/\//i.test(keyId)) return hostOf(keyId);
  const mark = keyId.indexOf('#');
  return mark === -1 ? undefined : hostOf(keyId.slice(0, mark));
}

/** The algorithm as the signature or its key says it; if both do, they have to agree (RFC 9421 3.2). */
function agreedAlgorithm(claim: SignatureClaim, published: PublishedKey): Algorithm {
  const algorithm = claim.algorithm ?? published.algorithm;
  const differ = published.algorithm !== undefined && published.algorithm !== algorithm;
  if (algorithm === undefined || differ) throw refused('the algorithm is not that of the key');
  return algorithm;
}

/** Remembers the signed text, not the signature: some algorithms have several valid signatures for one text. */
async function remember(seen: SeenSignatures, { keyId, signedAt, base }: SignatureClaim, host: string): Promise<void> {
  const digest = hash('sha256', Buffer.from(base, 'latin1'), 'base64url');
  // The blank keeps this apart from all consumer keys of OAuth, which have none.
  const outcome = await seen.remember(`signer ${host}`, keyId, signedAt, digest, signedAt + OLDEST + MARGIN);
  if (outcome === 'seen') throw refused('replay');
  if (outcome === 'full') throw new Failure('too-many', 'Too many requests.', { retryAfter: 60 });
}

/** One sentence for every refusal; `detail` goes to the log only. */
function refused(detail: string): Failure {
  return new Failure('unauthenticated', 'Invalid signature', { detail });
}
