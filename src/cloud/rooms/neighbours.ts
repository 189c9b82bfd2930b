import { Breakers } from '../../deliveries/index.js';
import {
  movedAddress,
  parseAddress,
  createDavApi,
  createSignedWire,
  createStacksyncApi,
  davAddresses,
  ForeignFolders,
  stacksyncAddresses,
  type ForeignFolderInputs,
  type KeyListener,
  type ResourceAddresses,
  type StorageApi,
} from '../../federation/index.js';
import type { PeerId } from '../../kernel/index.js';
import { createSigner, type Signer } from '../../oauth1/index.js';
import {
  Logos,
  PeerConditions,
  Peers,
  RefusedMessages,
  relocated,
  type OcmManner,
  type Peer,
  type PeerHooks,
  type Relocation,
} from '../../peers/index.js';
import type { PageWish } from '../../platform/index.js';
import { peerHooks, relocateShares, type IncomingShare, type OwnOffer } from '../../shares/index.js';
import type { Foundation } from '../foundation/foundation.js';
import type { DeliveryRooms } from './deliveries.js';
import type { OcmRooms } from './ocm.js';
import { languagesOver } from './languages.js';
import type { ShareRooms } from './shares.js';

interface Below {
  readonly deliveries: DeliveryRooms;
  readonly shares: ShareRooms;
  readonly ocm: OcmRooms;
}

/** How each storage API writes addresses, by the names in the records of peers. */
const RESOURCES: Readonly<Record<string, ResourceAddresses>> = {
  'stacksync-v2': stacksyncAddresses,
  webdav: davAddresses,
};

/** The other clouds: whom we trust, how we speak to them, and the folders of theirs that we hold grants for. */
export function furnishNeighbours(base: Foundation, below: Below) {
  const { clock, random, outbound } = base;
  const { ocm, shares, deliveries } = below;
  const conditions = new PeerConditions(base);
  const breakers = new Breakers(clock, (peerId, rest) => conditions.rests(peerId, rest), random);
  const logos = new Logos(base);
  const allowInsecure = base.config.allowInsecurePeers;
  const followMove = followerOf(base, below, breakers);
  const hooks = peerHooks(shares.endings, deliveries.outbox, followMove);
  const peers = new Peers({ logos, allowInsecure, hooks, ...base });
  ocm.servers.listen(keyNoterOf(base, peers));
  const peerById = (id: PeerId): Promise<Peer | undefined> => peers.byId(id);
  const signer = createSigner({ clock, random, insecure: allowInsecure });
  const onSkew = (peerId: PeerId, ahead: number): void => conditions.clockSeen(peerId, ahead);
  const wire = createSignedWire({ outbound, signer, clock, onClock: ({ id }, ahead) => onSkew(id, ahead) });
  const languages = languagesOver(wire, RESOURCES, meshOf(ocm, peers, base), base);
  const storageApis = storageApisOver({ signer, onSkew, ocm, base });
  const foreign = foreignFolders(base, shares, { peerById, breakers, storageApis });
  return {
    peers,
    logos,
    conditions,
    breakers,
    refused: new RefusedMessages(base),
    wire,
    peerById,
    foreign,
    ...languages,
    followMove,
    offered: offeredIn(peers, languages.chosenFrom),
  };
}

export type NeighbourRooms = ReturnType<typeof furnishNeighbours>;

function foreignFolders(
  base: Foundation,
  { incoming, receiving, mounting }: ShareRooms,
  { peerById, breakers, storageApis }: Pick<ForeignFolderInputs, 'peerById' | 'breakers' | 'storageApis'>,
): ForeignFolders {
  return new ForeignFolders({
    peerById,
    breakers,
    storageApis,
    incoming,
    credentialsOf: (share) => receiving.credentialsOf(share),
    refused: (incomingId) => mounting.refused(incomingId),
    doubted: (incomingId) => mounting.doubted(incomingId),
    ...base,
  });
}

/** What opens received shares, by the name that they have. */
function storageApisOver({ signer, onSkew, ocm, base }: StorageApiParts): Readonly<Record<string, StorageApi>> {
  return {
    'stacksync-v2': createStacksyncApi({ signer, onClock: onSkew, ...base }),
    webdav: createDavApi({
      exchange: async ({ ocm: server }, id, secret, refused) =>
        server === undefined ? undefined : ocm.foreignTokens.of({ id, server, secret }, refused),
      ...base,
    }),
  };
}

interface StorageApiParts {
  readonly signer: Signer;
  readonly onSkew: (peerId: PeerId, ahead: number) => void;
  readonly ocm: OcmRooms;
  readonly base: Foundation;
}

/** Notes a changed key of a server whenever one is seen: while messages are sent and verified, too. */
function keyNoterOf({ log }: Foundation, { ocm }: Peers): KeyListener {
  return async ({ host }, keys) => {
    try {
      await ocm.publishes(host, keys);
    } catch (err) {
      log.error({ err }, 'what keys a server publishes could not be noted');
    }
  };
}

/** Lets the shares with a peer that has moved follow it, in the transaction that changes its record. */
function followerOf(base: Foundation, { deliveries, shares }: Below, breakers: Breakers): PeerHooks['onMoved'] {
  const { incoming, outgoing } = shares;
  const parts = { incoming, outgoing, movedResource, movedAddress, sealer: base.sealer };
  return async (trx, move) => {
    const { id } = move.before;
    // What was tried in vain at the old address is due at the new one.
    await deliveries.outbox.retryPeer(id, trx);
    breakers.of(id).hurry();
    return relocateShares(parts, trx, move);
  };
}

/** The address of a shared item after its cloud has moved. */
function movedResource({ storageApi, resourceUrl }: IncomingShare, relocation: Relocation): string {
  return RESOURCES[storageApi ?? 'stacksync-v2']?.moved(resourceUrl, relocation) ?? relocated(resourceUrl, relocation);
}

/** What the dialect of Open Cloud Mesh stands on, and what it notes of peers. */
function meshOf({ own, wire, servers, book }: OcmRooms, { ocm }: Peers, { webOrigin }: Foundation) {
  return {
    own,
    webOrigin,
    wire,
    servers,
    learnt: (peerId: PeerId, manner: OcmManner) => ocm.takes(peerId, manner),
    knownAs: async ({ ownerEmail, recipientAddress }: OwnOffer) =>
      recipientAddress === undefined ? undefined : book.toldOf(ownerEmail, parseAddress(recipientAddress)),
  };
}

/** The clouds that an invitee may pick: those whose dialect this program speaks. */
function offeredIn(peers: Peers, dialects: readonly string[]) {
  return {
    page: (wish: PageWish) => peers.lists.offered(dialects, wish),
    summary: (id: string) => peers.lists.offeredOne(id as PeerId, dialects),
    fitting: (domain: string) => peers.lists.offeredFor(domain, dialects),
    offered: async (id: string) => {
      const peer = await peers.offered(id);
      return peer === undefined || !dialects.includes(peer.dialect) ? undefined : peer;
    },
  };
}
