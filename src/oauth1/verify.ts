import { Failure, invalid, SECOND, type Clock } from '../kernel/index.js';
import { baseString, type Pair } from '../signing/index.js';
import type { NonceStore } from './nonces.js';
import { collect, readClaim, type CarryingRequest, type Claim, type Collected, type Stamp } from './protocol.js';
import { refused } from './refusals.js';
import { sameText, signatureMatches, type SignatureMethod } from './signature.js';

/** A timestamp may be this far from our clock, either way (stacksync-api-v2.md 3.3). */
const WINDOW = 600 * SECOND;

/**
 * How much longer than its window a nonce is kept, should our clock step back. Uses are found by when they expire: a release
 * that changes either of the two does not know what was let in before it started.
 */
const MARGIN = 300 * SECOND;

/** A request as the door received it. */
export interface IncomingRequest extends CarryingRequest {
  readonly method: string;
  /** Our configured public origin; never taken from Host or forwarded headers. */
  readonly origin: string;
  /** It came over TLS, or trial mode allows plain HTTP: the condition for PLAINTEXT. */
  readonly secure: boolean;
  /** Whether this route is called with a token (three-legged) or without (two-legged). */
  readonly token: 'required' | 'forbidden' | 'optional';
  readonly allowedMethods: readonly SignatureMethod[];
}

/** A consumer as its owner keeps it. */
export interface FoundConsumer<T> {
  readonly key: string;
  /** An empty or missing secret never verifies. */
  readonly secret: string | null;
  /** PEM. Without one no RSA signature of this consumer fits, whatever the route allows. */
  readonly publicKey?: string | undefined;
  /** Whom the key stands for: a peer, an app. */
  readonly owner: T;
}

/** A token as its owner keeps it. */
export interface FoundToken<U> {
  readonly token: string;
  /** An empty or missing secret never verifies. */
  readonly secret: string | null;
  /** What the token opens. */
  readonly owner: U;
}

type Answer<V> = Promise<V | undefined> | V | undefined;

/** What {@link createVerifier} needs. */
export interface VerifierOptions<T, U> {
  readonly clock: Clock;
  readonly nonces: NonceStore;
  /** The live consumer with this key. */
  readonly findConsumer: (key: string) => Answer<FoundConsumer<T>>;
  /**
   * The live token that was issued to this consumer; tokens of others do not exist (OAU-14). Also asked for an unknown
   * consumer (undefined), to do the same work; the answer is then ignored.
   */
  readonly findToken: (consumer: T | undefined, token: string) => Answer<FoundToken<U>>;
  /** The methods a consumer may sign with, where that is narrower than what a route allows (OAU-03). Default: no limit. */
  readonly policy?: (consumer: T) => readonly SignatureMethod[];
}

/** A request whose signature was right and which had not been seen before. */
export interface Verified<T, U> {
  readonly consumer: T;
  /** Undefined when the request was two-legged. */
  readonly token: U | undefined;
  readonly method: SignatureMethod;
  /** All protocol parameters, such as `oauth_callback` and `oauth_verifier`. */
  readonly protocol: ReadonlyMap<string, string>;
  /** The other parameters of query and form body, in order; every one was signed (PLAINTEXT signs nothing). */
  readonly parameters: readonly Pair[];
  /** `oauth_body_hash`, which the door compares with `bodyHash` of what it read. */
  readonly bodyHash: string | undefined;
}

/** Verifies signed requests. */
export interface Verifier<T, U> {
  /**
   * Throws `invalid` for a malformed request or a method that is not allowed, `unauthenticated` with one and the same
   * message for everything that fails to prove who asks (`facts.problem` is a `Problem`), `too-many` when the
   * consumer signs more than the nonce store holds. The nonce is recorded last, when all else is right (OAU-05).
   */
  verify(request: IncomingRequest): Promise<Verified<T, U>>;
}

/** A verifier of OAuth 1.0a requests (RFC 5849 3.2). */
export function createVerifier<T, U>(options: VerifierOptions<T, U>): Verifier<T, U> {
  return {
    async verify(request) {
      const collected = collect(request);
      const claim = readClaim(collected.protocol);
      checkRoute(claim, request);
      checkTime(claim.stamp, options.clock);
      const found = await authenticate(options, request, collected, claim);
      checkPolicy(options, claim, found.consumer);
      await recordNonce(options.nonces, claim);
      return { ...found, method: claim.method, ...whatItSays(collected) };
    },
  };
}

function whatItSays({ protocol, data }: Collected) {
  return { protocol, parameters: data, bodyHash: protocol.get('oauth_body_hash') };
}

function checkRoute(claim: Claim, request: IncomingRequest): void {
  if (!request.allowedMethods.includes(claim.method)) throw methodRefused(claim.method);
  if (claim.method === 'PLAINTEXT' && !request.secure) throw invalid('PLAINTEXT needs a secure connection.');
  if (request.token === 'forbidden' && claim.token !== undefined) throw invalid('oauth_token has no place here.');
  if (request.token === 'required' && claim.token === undefined) throw refused('absent', 'no oauth_token');
}

function methodRefused(method: SignatureMethod): Failure {
  return invalid(`The signature method ${method} is not accepted here.`);
}

function checkTime(stamp: Stamp | undefined, clock: Clock): void {
  if (stamp === undefined) return;
  const skew = stamp.timestamp * SECOND - clock.now();
  if (Math.abs(skew) > WINDOW) throw refused('skew', `timestamp is off by ${String(Math.round(skew / SECOND))} s`);
}

/** Every kind of refusal costs the same two look-ups, one signature and one comparison (OAU-18). */
async function authenticate<T, U>(
  { findConsumer, findToken }: VerifierOptions<T, U>,
  request: IncomingRequest,
  { extra }: Collected,
  claim: Claim,
): Promise<{ consumer: T; token: U | undefined }> {
  const consumer = exactly(claim.consumerKey, await findConsumer(claim.consumerKey), (found) => found.key);
  const token =
    claim.token === undefined
      ? undefined
      : exactly(claim.token, await findToken(consumer?.owner, claim.token), (found) => found.token);
  const matches = signatureMatches(claim.signature, claim.method, baseString({ ...request, extra }), {
    consumerSecret: consumer?.secret ?? null,
    tokenSecret: claim.token === undefined ? undefined : (token?.secret ?? null),
    publicKey: consumer?.publicKey,
  });
  if (!matches || consumer === undefined) throw refused('rejected', whyRejected(claim, consumer, token));
  return { consumer: consumer.owner, token: token?.owner };
}

/** Compares exactly, because a look-up may fold case or trim blanks. */
function exactly<V>(wanted: string, found: V | undefined, nameOf: (found: V) => string): V | undefined {
  return found !== undefined && sameText(nameOf(found), wanted) ? found : undefined;
}

function whyRejected(claim: Claim, consumer: unknown, token: unknown): string {
  if (consumer === undefined) return 'unknown consumer';
  if (claim.token !== undefined && token === undefined) return 'unknown token';
  return 'bad signature';
}

/** After the signature, so that the answer tells only the consumer itself about its policy. */
function checkPolicy<T, U>({ policy }: VerifierOptions<T, U>, { method }: Claim, consumer: T): void {
  if (policy !== undefined && !policy(consumer).includes(method)) throw methodRefused(method);
}

async function recordNonce(nonces: NonceStore, { consumerKey, token, stamp }: Claim): Promise<void> {
  if (stamp === undefined) return;
  const expiresAt = stamp.timestamp * SECOND + WINDOW + MARGIN;
  const outcome = await nonces.remember(consumerKey, token ?? '', stamp.timestamp, stamp.nonce, expiresAt);
  if (outcome === 'seen') throw refused('replay', 'nonce already used');
  if (outcome === 'full') throw new Failure('too-many', 'Too many requests.', { retryAfter: 60 });
}
