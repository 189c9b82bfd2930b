import {
  createSignedWire,
  stacksyncAddresses,
  type AddressBook,
  type CloudSpacesInputs,
  type InteropDialect,
  type Message,
} from '../../src/federation/index.js';
import { isFailure, itemIdOf, parseEmail, type Fields, type PeerId } from '../../src/kernel/index.js';
import { createSigner, formatPairs, parsePairs } from '../../src/oauth1/index.js';
import type { Peer } from '../../src/peers/index.js';
import type { Outbound, OutboundAnswer, OutboundCall } from '../../src/platform/index.js';
import type { Offer, OwnOffer, ProposalTerms } from '../../src/shares/index.js';
import { createHandClock, createSeededRandom, START } from '../support/seeds.js';

/** The fields of a peer that dialects use. */
const SEEN: Partial<Peer> = {
  storageApi: 'stacksync-v2',
  id: 'alder' as PeerId,
  name: 'Alder',
  transport: 'server-post',
  shareUrl: 'https://alder.example/interop/share',
  unshareUrl: 'https://alder.example/interop/unshare',
  credentialsUrl: 'https://alder.example/interop/credentials',
  origins: ['https://alder.example', 'https://api.alder.example'],
  allowUnsigned: false,
  credentialsByGet: false,
  inbound: { key: 'inbound-key', secret: 'inbound-secret' },
  outbound: { key: 'outbound-key', secret: 'outbound-secret' },
};

/** The peer of the suite: signs and takes everything by POST. */
export const alder = SEEN as Peer;

/** The same peer, but it cannot sign and issued no keys. */
export const mute: Peer = { ...alder, allowUnsigned: true, outbound: undefined };

/** The same peer before its keys were recorded. */
export const keyless: Peer = { ...alder, outbound: undefined };

/** The fields of a good proposal, in the order of the contract. */
export const GOOD: Readonly<Record<string, string>> = {
  share_id: '5f0c9d52-7a3e-4b7e-9c61-0f2f6c1b8a44',
  resource_url: 'https://api.alder.example/v1/folder/1972',
  owner_name: 'Ana Álvarez',
  owner_email: 'ana@alder.example',
  folder_name: 'Plans & more',
  permission: 'read-write',
  recipient: 'bo@mail.example',
  callback: 'https://alder.example/interop/result/k3J',
  protocol_version: '1.0',
};

const TERMS: ProposalTerms = {
  shareId: '5f0c9d52-7a3e-4b7e-9c61-0f2f6c1b8a44',
  kind: 'folder',
  ownerName: 'Ana Álvarez',
  ownerEmail: 'ana@alder.example',
  folderName: 'Plans & more',
  permission: 'read-write',
  recipient: parseEmail('bo@mail.example'),
  expiresAt: undefined,
};

/** The same proposal as we understand it. */
export const OFFER: Offer = {
  ...TERMS,
  storageApi: 'stacksync-v2',
  resourceUrl: 'https://api.alder.example/v1/folder/1972',
  callback: 'https://alder.example/interop/result/k3J',
};

/** The same proposal as its own cloud sends it. */
export const OWN: OwnOffer = { ...TERMS, itemId: itemIdOf(1972), callbackWord: 'k3J' };

/** The addresses of the cloud that sends it. */
export const BOOK: AddressBook = {
  webOrigin: 'https://alder.example',
  storageBase: 'https://api.alder.example/v1/',
  resources: { 'stacksync-v2': stacksyncAddresses },
};

/** Makes a dialect out of what it works with. */
export type CreateDialect = (inputs: CloudSpacesInputs) => InteropDialect;

export const GRANT = { shareId: OFFER.shareId, token: 'marker-token', secret: 'marker-secret' } as const;

/** The fields of {@link GOOD} with changes; undefined leaves one out. */
export function fieldsWith(changes: Readonly<Record<string, string | undefined>>): Fields {
  return Object.entries({ ...GOOD, ...changes }).filter((pair): pair is [string, string] => pair[1] !== undefined);
}

/** A message in the body of a form. */
export function posted(fields: Fields): Message {
  return { query: [], body: { type: 'application/x-www-form-urlencoded', text: formatPairs(fields) } };
}

/** A message without a body. */
export function gotten(query: Fields): Message {
  return { query, body: undefined };
}

/** One request as it was sent. */
export interface Sent {
  readonly method: string;
  readonly url: URL;
  /** The Authorization header; empty: none. */
  readonly authorization: string;
  /** Fields of the body. */
  readonly form: Fields;
  /** Fields of the query. */
  readonly query: Fields;
}

/** A dialect at work: what it sent, and who answers. */
export interface Bench {
  readonly dialect: InteropDialect;
  readonly sent: readonly Sent[];
}

/** The other side's answer to one request, or its failure. */
export type Reply = Partial<OutboundAnswer> | Error;

/** A dialect over the real wire and signer, whose requests are answered in turn; the last answer stays. */
export function benchOf(create: CreateDialect, ...replies: readonly Reply[]): Bench {
  const sent: Sent[] = [];
  const outbound: Outbound = {
    counters: { requests: 0, connections: 0, refusals: 0 },
    call: (request) => {
      const reply = replies[Math.min(sent.length, replies.length - 1)] ?? {};
      sent.push(sentBy(request));
      return reply instanceof Error
        ? Promise.reject(reply)
        : Promise.resolve({ status: 200, headers: {}, body: Buffer.alloc(0), ...reply });
    },
    consult: () => Promise.reject(new Error('no message is a listing')),
    isAt: () => Promise.reject(new Error('not asked')),
    transfer: () => Promise.reject(new Error('no message is a transfer')),
    close: () => Promise.resolve(),
  };
  const clock = createHandClock();
  const signer = createSigner({ clock, random: createSeededRandom() });
  return { dialect: create({ wire: createSignedWire({ outbound, signer, clock }), book: BOOK }), sent };
}

function sentBy({ method, url, headers = {}, body = '' }: OutboundCall): Sent {
  const target = new URL(url);
  return {
    method,
    url: target,
    authorization: headers['authorization'] ?? '',
    form: parsePairs(body.toString()),
    query: parsePairs(target.search.slice(1)),
  };
}

/** Reads a proposal by that dialect at the start of time. */
export function readOffer(dialect: InteropDialect, fields: Fields): Offer {
  return dialect.readOffer(posted(fields), alder, START);
}

/** The sentence of a refusal, or `accepted`; anything but a refusal of the request is thrown on. */
export function refusal(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (isFailure(error, 'invalid')) return error.message;
    throw error;
  }
  return 'accepted';
}
