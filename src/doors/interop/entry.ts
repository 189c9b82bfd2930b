import type { Request } from 'express';
import { Failure, invalid, MINUTE, type Clock, type Fields } from '../../kernel/index.js';
import {
  bodyHash,
  createVerifier,
  HMAC_METHODS,
  parsePairs,
  sameText,
  type NonceStore,
  type Verifier,
  type VerifierOptions,
} from '../../oauth1/index.js';
import { inboundSecretOf, type Peer, type PeerLimits } from '../../peers/index.js';
import type { Limit, Limiter } from '../../platform/index.js';
import { isForm, type Arrival } from '../door.js';
import { originForm, requireOrigin } from '../origin.js';

/** A peer whose signature was right, with the fields of its message. */
export interface PeerCaller {
  readonly peer: Peer;
  readonly fields: Fields;
}

/** What the entry checks need from the rest of the cloud. */
export interface PeerEntryInputs {
  readonly clock: Clock;
  readonly nonces: NonceStore;
  readonly limiter: Limiter;
  /** Our configured public origin. */
  readonly publicOrigin: string;
  /** The peer to which we issued this key, unblocked or not. */
  readonly peerByInboundKey: (key: string) => Promise<Peer | undefined>;
  /** A signature under this key of the peer was right: the first under a new one ends the one before it. */
  readonly keyUsed: (peer: Peer, key: string) => Promise<void>;
}

/** Entry checks of the interop door. */
export interface PeerEntry {
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
/** All else: a cloud that ends many shares at once must not be taken for a flood. */
const MESSAGES: MessageLimit = { name: 'messages', acts: 600, per: MINUTE };

const JSON_TYPE = /^application\/json(?:\s*;\s*charset="?utf-8"?)?$/i;

/** Checks who sends a message: the one peer that holds the consumer pair, two-legged, fresh and unblocked. */
export function createPeerEntry(inputs: PeerEntryInputs): PeerEntry {
  const { clock, nonces, limiter, publicOrigin, peerByInboundKey } = inputs;
  const common = { origin: publicOrigin, secure: false, token: 'forbidden', allowedMethods: HMAC_METHODS } as const;
  const parties: Omit<VerifierOptions<Peer, never>, 'nonces'> = {
    clock,
    findConsumer: async (key) => {
      const peer = await peerByInboundKey(key);
      const secret = peer === undefined || peer.blocked ? undefined : inboundSecretOf(peer, key);
      return peer === undefined || secret === undefined ? undefined : { key, secret, owner: peer };
    },
    findToken: () => undefined,
  };
  const verifier = noticing(createVerifier<Peer, never>({ ...parties, nonces }), inputs.keyUsed);
  const lenient = createVerifier<Peer, never>({ ...parties, nonces: UNSPENT });

  const message = async ({ http, text }: Arrival, limit: MessageLimit): Promise<PeerCaller> => {
    requireOrigin(http, publicOrigin);
    const form = isForm(http);
    if (!form && !isHashedJson(http)) throw unreadableType();
    const verified = await verifier.verify({
      ...common,
      method: http.method,
      target: originForm(http.originalUrl),
      rawHeaders: http.rawHeaders,
      formBody: form ? text : undefined,
      transports: ['header'],
      // In a signed message, protocol parameters come from the header only (section 6).
      prefixedData: 'data',
    });
    const { id, limits } = verified.consumer;
    await limiter.spend(`${limit.name}:${id}`, { ...limit, acts: limits[limit.name] ?? limit.acts });
    if (form) return { peer: verified.consumer, fields: parsePairs(text) };
    if (!sameText(bodyHash(Buffer.from(text), verified.method), verified.bodyHash ?? '')) {
      throw unproven('oauth_body_hash does not fit');
    }
    return { peer: verified.consumer, fields: jsonFields(text) };
  };

  return {
    proposal: (arrival) => message(arrival, PROPOSALS),
    message: (arrival) => message(arrival, MESSAGES),
    async signedGet(http) {
      requireOrigin(http, publicOrigin);
      const verified = await verifier.verify({
        ...common,
        method: http.method,
        target: originForm(http.originalUrl),
        rawHeaders: http.rawHeaders,
        formBody: undefined,
        transports: ['header', 'query'],
      });
      return verified.consumer;
    },
    async carried({ http, text }) {
      requireOrigin(http, publicOrigin);
      const isGet = http.method !== 'POST';
      const verified = await lenient.verify({
        ...common,
        method: isGet ? 'GET' : 'POST',
        target: originForm(http.originalUrl),
        rawHeaders: http.rawHeaders,
        formBody: isGet ? undefined : text,
        transports: isGet ? ['header', 'query'] : ['body'],
      });
      return verified.consumer;
    },
  };
}

function noticing(verifier: Verifier<Peer, never>, keyUsed: PeerEntryInputs['keyUsed']): Verifier<Peer, never> {
  return {
    async verify(request) {
      const verified = await verifier.verify(request);
      await keyUsed(verified.consumer, verified.protocol.get('oauth_consumer_key') ?? '');
      return verified;
    },
  };
}

const UNSPENT: NonceStore = { remember: () => Promise.resolve('fresh') };

/** JSON whose signature claims to cover it; without a hash its fields would be unsigned, whoever signed (section 3). */
function isHashedJson({ headers }: Request): boolean {
  return JSON_TYPE.test(headers['content-type'] ?? '') && /\boauth_body_hash *=/.test(headers.authorization ?? '');
}

/** The one refusal of whoever did not prove to be a cloud that is trusted here (G8). */
export function unproven(detail?: string): Failure {
  return new Failure('unauthenticated', 'Could not authorize request', { detail });
}

function unreadableType(): Failure {
  return new Failure('unsupported-type', 'Send application/x-www-form-urlencoded, or JSON with oauth_body_hash.');
}

/** A flat JSON object of strings, numbers and booleans, read like a form. */
function jsonFields(text: string): Fields {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (cause) {
    throw new Failure('invalid', 'The body is not JSON.', { cause });
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw invalid('The body must be a JSON object.');
  return Object.entries(body).map(([name, value]) => {
    if (!['string', 'number', 'boolean'].includes(typeof value)) throw invalid(`${name} must be a string`);
    return [name, String(value)] as const;
  });
}
