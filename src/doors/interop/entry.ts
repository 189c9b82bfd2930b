import type { Request } from 'express';
import { isJson, readFields, type Message } from '../../federation/index.js';
import { Failure, MINUTE, type Clock } from '../../kernel/index.js';
import {
  bodyHash,
  createVerifier,
  HMAC_METHODS,
  parsePairs,
  sameText,
  type IncomingRequest,
  type NonceStore,
  type Verified,
  type VerifierOptions,
} from '../../oauth1/index.js';
import { inboundSecretOf, type Peer, type PeerLimits } from '../../peers/index.js';
import type { Limit, Limiter } from '../../platform/index.js';
import { namePeer } from '../callers/askers.js';
import { charsetOf, isForm, queryOf, type Arrival } from '../door/door.js';
import { originForm, requireOwnWebOrigin } from '../callers/web-origin.js';
import { inAddress, inBody, knowSender } from './senders.js';

/** A peer whose signature was right, with its message. */
export interface PeerCaller {
  readonly peer: Peer;
  readonly message: Message;
}

/** What the entry checks need from the rest of the cloud. */
export interface PeerEntryInputs {
  readonly clock: Clock;
  readonly nonces: NonceStore;
  readonly limiter: Limiter;
  /** Our configured public origin. */
  readonly webOrigin: string;
  /** The peer to which we issued this key, unblocked or not. */
  readonly peerByInboundKey: (key: string) => Promise<Peer | undefined>;
  /** To be called after a valid signature under this key: the first one under a new key ends the previous one. */
  readonly keyUsed: (peer: Peer, key: string) => Promise<void>;
}

/** Entry checks of the interop door. */
export interface PeerEntry {
  /** Throws refusals that are possible before the body is read: for a foreign host, or a type that is not read. */
  readonly greet: (http: Request) => void;
  /** A {@link message} that begins an agreement: fewer of them are taken. */
  readonly proposal: (arrival: Arrival) => Promise<PeerCaller>;
  /** A signed POST of a form, or of JSON with `oauth_body_hash` (cloudspaces-interop.md 3, receiver rules). */
  readonly message: (arrival: Arrival) => Promise<PeerCaller>;
  /** A signed GET, in header or query: answers the peer that signed it. */
  signedGet(http: Request): Promise<Peer>;
  /**
   * A request that a peer signed and a browser brings: in the query of a GET, in the body of a form. Its nonce is not
   * spent: such a message changes nothing, and a person who reloads the page it led to must not be refused (PRO-05).
   */
  carried(arrival: Pick<Arrival, 'http' | 'text'>): Promise<Peer>;
}

/** How many messages of one kind a peer may send, unless its record says otherwise. */
interface MessageLimit extends Limit {
  readonly name: keyof PeerLimits;
}

/** Proposals per peer (threat model PRO-07). */
const PROPOSALS: MessageLimit = { name: 'proposals', acts: 60, per: MINUTE };
/** All other messages; generous, because a cloud may end many shares at once. */
const MESSAGES: MessageLimit = { name: 'messages', acts: 600, per: MINUTE };

/** Checks who sends a message: the one peer that holds the consumer pair, two-legged, fresh and unblocked. */
export function createPeerEntry(inputs: PeerEntryInputs): PeerEntry {
  const { webOrigin } = inputs;
  const checks = createChecks(inputs);
  return {
    greet(http) {
      requireOwnWebOrigin(http, webOrigin);
      if (!isForm(http) && !isHashedJson(http)) throw unreadableType();
    },
    proposal: (arrival) => readMessage(inputs, checks, arrival, PROPOSALS),
    message: (arrival) => readMessage(inputs, checks, arrival, MESSAGES),
    async signedGet(http) {
      requireOwnWebOrigin(http, webOrigin);
      const { consumer } = await checks.spent(http, { formBody: undefined, transports: ['header', 'query'] });
      knowSender(http, { peer: consumer, isProven: true, message: inAddress(parsePairs(queryOf(http.originalUrl))) });
      return consumer;
    },
    async carried({ http, text }) {
      requireOwnWebOrigin(http, webOrigin);
      const isGet = http.method !== 'POST';
      const { consumer } = await checks.unspent(http, {
        method: isGet ? 'GET' : 'POST',
        formBody: isGet ? undefined : text,
        formCharset: charsetOf(http),
        transports: isGet ? ['header', 'query'] : ['body'],
      });
      // Somebody who has seen it may replay it.
      const message = isGet ? inAddress(parsePairs(queryOf(http.originalUrl))) : inBody({ http, text });
      knowSender(http, { peer: consumer, isProven: false, message });
      return consumer;
    },
  };
}

type Proven = Verified<Peer, never>;
type Check = (http: Request, given: CheckedParts) => Promise<Proven>;
type CheckedParts = Pick<IncomingRequest, 'formBody' | 'transports'> &
  Partial<Pick<IncomingRequest, 'method' | 'formCharset' | 'prefixedData'>>;

/** The proofs of peers, checked: with the nonce spent and the key noted as used, or with neither. */
function createChecks(inputs: PeerEntryInputs): { readonly spent: Check; readonly unspent: Check } {
  const { clock, nonces, webOrigin, peerByInboundKey } = inputs;
  const parties: Omit<VerifierOptions<Peer, never>, 'nonces'> = {
    clock,
    findConsumer: async (key) => {
      const peer = await peerByInboundKey(key);
      const secret = peer === undefined || peer.blocked ? undefined : inboundSecretOf(peer, key);
      return peer === undefined || secret === undefined ? undefined : { key, secret, owner: peer };
    },
    findToken: () => undefined,
  };
  const common = { origin: webOrigin, secure: false, token: 'forbidden', allowedMethods: HMAC_METHODS } as const;
  const requestOf = (http: Request, given: CheckedParts): IncomingRequest => ({
    ...common,
    method: http.method,
    target: originForm(http.originalUrl),
    rawHeaders: http.rawHeaders,
    ...given,
  });
  const strict = createVerifier<Peer, never>({ ...parties, nonces });
  const lenient = createVerifier<Peer, never>({ ...parties, nonces: UNSPENT });
  return {
    async spent(http, given) {
      const verified = await strict.verify(requestOf(http, given));
      namePeer(http, verified.consumer.id);
      await inputs.keyUsed(verified.consumer, verified.protocol.get('oauth_consumer_key') ?? '');
      return verified;
    },
    unspent: (http, given) => lenient.verify(requestOf(http, given)),
  };
}

async function readMessage(
  { limiter, webOrigin }: PeerEntryInputs,
  checks: { readonly spent: Check },
  arrival: Arrival,
  limit: MessageLimit,
): Promise<PeerCaller> {
  const { http, text } = arrival;
  requireOwnWebOrigin(http, webOrigin);
  const form = isForm(http);
  if (!form && !isHashedJson(http)) throw unreadableType();
  const verified = await checks.spent(http, {
    formBody: form ? text : undefined,
    formCharset: charsetOf(http),
    transports: ['header'],
    // In a signed message, protocol parameters come from the header only (cloudspaces-interop.md 6).
    prefixedData: 'data',
  });
  const { consumer: peer } = verified;
  const sender = { peer, isProven: true };
  const message = inBody(arrival);
  // JSON is not used before its hash was compared.
  knowSender(http, { ...sender, message: form ? message : inAddress([]) });
  await limiter.spend(`${limit.name}:${peer.id}`, { ...limit, acts: peer.limits[limit.name] ?? limit.acts });
  if (form) return { peer, message };
  if (!sameText(bodyHash(Buffer.from(text), verified.method), verified.bodyHash ?? '')) {
    throw unproven('oauth_body_hash does not fit');
  }
  readFields(message);
  knowSender(http, { ...sender, message });
  return { peer, message };
}

const UNSPENT: NonceStore = { remember: () => Promise.resolve('fresh') };

/**
 * JSON whose signature claims to cover it; without a hash its fields would be unsigned, whoever signed
 * (cloudspaces-interop.md 3).
 */
function isHashedJson({ headers }: Request): boolean {
  return isJson(headers['content-type']) && /\boauth_body_hash *=/.test(headers.authorization ?? '');
}

/** The same refusal for everybody who does not prove to be a peer (G8). */
export function unproven(detail?: string): Failure {
  return new Failure('unauthenticated', 'Could not authorize request', { detail });
}

function unreadableType(): Failure {
  return new Failure('unsupported-type', 'Send application/x-www-form-urlencoded, or JSON with oauth_body_hash.');
}
