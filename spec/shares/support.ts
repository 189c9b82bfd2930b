import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import type { Account } from '../../src/accounts/index.js';
import { openCloud, type Cloud } from '../../src/cloud.js';
import { readConfig } from '../../src/config/index.js';
import type { Item } from '../../src/files/index.js';
import { ROOT_ID, type AccountId, type PeerId, type Principal } from '../../src/kernel/index.js';
import { DIALECTS, type Peer } from '../../src/peers/index.js';
import { createLog } from '../../src/platform/index.js';
import {
  Invitations,
  type DecisionMessage,
  type Offer,
  type OfferAnswer,
  type OutgoingShare,
  type OwnOffer,
} from '../../src/shares/index.js';
import type { Bench } from '../support/each-database.js';
import { ANA, BO, createHandClock, createSeededRandom, type HandClock } from '../support/seeds.js';

/** One cloud without a listener, whose agreements are made by calling its rooms; nothing is ever sent. */
export interface House {
  readonly services: Cloud['services'];
  readonly clock: HandClock;
  /** The one peer; nobody answers there. */
  readonly peer: Peer;
  readonly ana: Account;
  readonly bo: Account;
  /** Ana makes a folder. */
  makeFolder(name: string): Promise<Item>;
  /** Ana shares a folder with somebody abroad; answers the share as it is stored. */
  offer(folder: Item, email?: string): Promise<OutgoingShare>;
  /** Invitations whose proposals are answered by `present`. */
  invitations(present: (peer: Peer, offer: OwnOffer) => Promise<OfferAnswer>): Invitations;
  /** Brings a share to `sent`; answers what the peer was offered. */
  choose(share: OutgoingShare): Promise<OwnOffer>;
  /** The recipient's answer arrives at the callback. */
  decide(offer: OwnOffer, accepted: boolean, request?: string): Promise<unknown>;
  /** How a share stands now. */
  now(share: OutgoingShare): Promise<OutgoingShare>;
  /** What is queued, by kind. */
  queued(): Promise<string[]>;
}

/** Opens a house on an engine; it is closed when the running test ends. */
export async function openHouse(bench: Bench): Promise<House> {
  const clock = createHandClock();
  const cloud = await openCloudOn(bench, clock);
  const { services } = cloud;
  const peer = await addPeer(cloud, 'Birch');
  const ana = await services.people.accounts.add(ANA.email, ANA.name);
  const bo = await services.people.accounts.add(BO.email, BO.name);
  const {
    base: { database },
    shares: { outgoing },
  } = services;
  const invitations: House['invitations'] = (present) =>
    new Invitations({
      wished: () => Promise.resolve(undefined),
      addressAt: async (_ownerId, _peer, typed) => typed,
      reach: undefined,
      ...services.base,
      outgoing: services.shares.outgoing,
      origin: services.shares.origin,
      ownOffers: services.agreements.ownOffers,
      accounts: services.people.accounts,
      folderName: services.files.folderName,
      peers: {
        page: (wish) => services.neighbours.peers.lists.offered(DIALECTS, wish),
        summary: (id) => services.neighbours.peers.lists.offeredOne(id as PeerId, DIALECTS),
        fitting: (domain) => services.neighbours.peers.lists.offeredFor(domain, DIALECTS),
        offered: (id) => services.neighbours.peers.offered(id),
      },
      present,
    });
  const now: House['now'] = async ({ id }) => {
    const share = await outgoing.byId(database.read, id);
    if (share === undefined) throw new Error('no such share');
    return share;
  };
  return {
    services,
    clock,
    peer,
    ana,
    bo,
    invitations,
    now,
    makeFolder: (name) => services.files.tree.makeFolder(person(ana.id), ROOT_ID, name),
    async offer(folder, email = 'guest@birch.example') {
      const { proposals } = await services.agreements.sharing.share(ana.id, folder.id, {
        addresses: [email as never],
        permission: 'read-write',
      });
      const share = await outgoing.byShareId(database.read, proposals[0]?.shareId ?? '');
      if (share === undefined) throw new Error('nothing was offered');
      return share;
    },
    async choose(share) {
      const offers: OwnOffer[] = [];
      const chosen = invitations((_peer, offer) => {
        offers.push(offer);
        return Promise.resolve({ kind: 'page', location: new URL('http://localhost:9/proposal') });
      });
      const link = await database.write((trx) => services.agreements.invitations.issue(trx, share.id));
      await chosen.choose(wordOf(link), peer.id);
      return only(offers);
    },
    decide: (offer, accepted, request = `/${String(accepted)}`) => {
      const decision: DecisionMessage = { shareId: offer.shareId, accepted };
      return services.agreements.decisions.record(offer.callbackWord, decision, request);
    },
    async queued() {
      const rows = (await database.read('deliveries').where({ state: 'queued' }).orderBy('id')) as { kind: string }[];
      return rows.map(({ kind }) => kind).filter((kind) => kind !== 'mail');
    },
  };
}

async function openCloudOn(bench: Bench, clock: HandClock): Promise<Cloud> {
  const location = await bench.migrated();
  const dataDir = await mkdtemp(path.join(tmpdir(), 'footbridge-house-'));
  const config = readConfig({
    FOOTBRIDGE_PUBLIC_URL: 'http://localhost:4001',
    FOOTBRIDGE_DATA_DIR: location.engine === 'sqlite' ? path.dirname(location.file) : dataDir,
    FOOTBRIDGE_SECRET_KEY: randomBytes(32).toString('base64url'),
    ...(location.engine === 'sqlite'
      ? { FOOTBRIDGE_SQLITE_DRIVER: location.driver }
      : { FOOTBRIDGE_DATABASE_URL: location.url }),
  });
  const cloud = await openCloud(config, { clock, random: createSeededRandom(dataDir), log: createLog('silent') });
  onTestFinished(async () => {
    await cloud.stop();
    await rm(dataDir, { recursive: true, force: true });
  });
  return cloud;
}

/** One more peer, at a port of its own where nobody listens. */
export async function addPeer({ services }: Pick<Cloud, 'services'>, name: string, port = 9): Promise<Peer> {
  const base = `http://localhost:${String(port)}`;
  const { peer } = await services.neighbours.peers.add({
    name,
    shareUrl: `${base}/share`,
    unshareUrl: `${base}/unshare`,
    credentialsUrl: `${base}/credentials`,
    outbound: { key: `key-${name}`, secret: `secret-${name}` },
  });
  return peer;
}

/** A proposal of the peer for Bo. */
export function proposalFor(house: House, shareId: string): Offer {
  return {
    shareId,
    kind: 'folder',
    storageApi: 'stacksync-v2',
    resourceUrl: 'http://localhost:9/v1/folder/7',
    ownerName: 'Una Olsen',
    ownerEmail: 'una@birch.example',
    folderName: 'Maps',
    permission: 'read-only',
    recipient: house.bo.email,
    callback: `http://localhost:9/result/${shareId}`,
    expiresAt: undefined,
  };
}

export function person(accountId: AccountId): Principal {
  return { kind: 'person', accountId };
}

function wordOf(link: string): string {
  return link.slice(link.lastIndexOf('/') + 1);
}

function only<T>(list: readonly T[]): T {
  const [first] = list;
  if (first === undefined || list.length > 1) throw new Error(`expected one, found ${String(list.length)}`);
  return first;
}
