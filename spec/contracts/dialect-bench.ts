import { createSignedWire, type Dialect, type SignedWire } from '../../src/federation/index.js';
import { isFailure, parseEmail, type Fields, type PeerId } from '../../src/kernel/index.js';
import { createSigner, parsePairs } from '../../src/oauth1/index.js';
import type { Peer } from '../../src/peers/index.js';
import type { Outbound, OutboundAnswer, OutboundCall } from '../../src/platform/index.js';
import type { Offer } from '../../src/shares/index.js';
import { createHandClock, createSeededRandom, START } from '../support/seeds.js';

/** What dialects look at in a peer. */
const SEEN: Partial<Peer> = {
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

/** The same proposal as we understand it. */
export const OFFER: Offer = {
  shareId: '5f0c9d52-7a3e-4b7e-9c61-0f2f6c1b8a44',
  resourceUrl: 'https://api.alder.example/v1/folder/1972',
  ownerName: 'Ana Álvarez',
  ownerEmail: 'ana@alder.example',
  folderName: 'Plans & more',
  permission: 'read-write',
  recipient: parseEmail('bo@mail.example'),
  callback: 'https://alder.example/interop/result/k3J',
  expiresAt: undefined,
};

export const GRANT = { shareId: OFFER.shareId, token: 'marker-token', secret: 'marker-secret' } as const;

/** The fields of {@link GOOD} with changes; undefined leaves one out. */
export function fieldsWith(changes: Readonly<Record<string, string | undefined>>): Fields {
  return Object.entries({ ...GOOD, ...changes }).filter((pair): pair is [string, string] => pair[1] !== undefined);
}

/** One request as it left us. */
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
  readonly dialect: Dialect;
  readonly sent: readonly Sent[];
}

/** What the far side answers to one request, or what becomes of it. */
export type Reply = Partial<OutboundAnswer> | Error;

/** A dialect over the real wire and signer, whose requests are answered in turn; the last answer stays. */
export function benchOf(create: (wire: SignedWire) => Dialect, ...replies: readonly Reply[]): Bench {
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
    transfer: () => Promise.reject(new Error('no message is a transfer')),
    close: () => Promise.resolve(),
  };
  const clock = createHandClock();
  const signer = createSigner({ clock, random: createSeededRandom() });
  return { dialect: create(createSignedWire({ outbound, signer, clock })), sent };
}

function sentBy({ method, url, headers = {}, body = '' }: OutboundCall): Sent {
  const target = new URL(url);
  return {
    ...{ method, url: target, authorization: headers['authorization'] ?? '' },
    form: parsePairs(body.toString()),
    query: parsePairs(target.search.slice(1)),
  };
}

/** Reads a proposal by that dialect at the start of time. */
export function readOffer(dialect: Dialect, fields: Fields): Offer {
  return dialect.readOffer(fields, alder, START);
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
