import {
  createCsinteropDialect,
  createNecDialect,
  createSignedWire,
  createSpecDialect,
  ForeignFolders,
  NoticedClock,
  StacksyncSpace,
  type Dialect,
  type Kinds,
  type PeerClock,
  type StorageApi,
} from '../../federation/index.js';
import { Failure, type PeerId } from '../../kernel/index.js';
import { createSigner, type Signer } from '../../oauth1/index.js';
import { Logos, Peers, type Peer, type PeerConditions } from '../../peers/index.js';
import { createMemory, type Transaction } from '../../platform/index.js';
import { Mounting, Receiving, UNSHARE } from '../../shares/index.js';
import type { Foundation } from '../foundation.js';
import type { HalfRooms } from './halves.js';
import type { PostRooms } from './post.js';

/** The other clouds: whom we trust, how we speak to them, and the folders of theirs that we hold grants for. */
export function furnishNeighbours(base: Foundation, below: PostRooms & HalfRooms & { readonly publicOrigin: string }) {
  const { config, database, clock, random, outbound } = base;
  const { conditions } = below;
  const logos = new Logos(base);
  const peers = furnishPeers(base, logos, below);
  const peerById = (id: PeerId): Promise<Peer | undefined> => peers.byId(id);
  const signer = createSigner({ clock, random, insecure: config.allowInsecurePeers });
  const onClock = ({ id }: Peer, ahead: number): void => conditions.clockSeen(id, ahead);
  const wire = createSignedWire({ outbound, signer, clock, onClock });
  const dialects: Readonly<Record<string, Dialect>> = {
    spec: createSpecDialect(wire),
    csinterop: createCsinteropDialect(wire),
    nec: createNecDialect(wire),
  };
  const receiving = new Receiving({ ...base, ...below });
  const mounting = new Mounting({ ...base, ...below });
  const remember = createMemory(database);
  const foreign = new ForeignFolders({
    ...below,
    ...{ database, peerById, remember },
    storageApis: furnishStorageApis(base, signer, conditions),
    credentialsOf: (share) => receiving.credentialsOf(share),
    refused: (incomingId) => mounting.refused(incomingId),
    doubted: (incomingId) => mounting.doubted(incomingId),
  });
  return {
    ...{ peers, logos, wire, peerById, receiving, mounting, remember, foreign },
    dialectOf: (peer: Peer): Dialect => {
      const dialect = dialects[peer.dialect];
      if (dialect === undefined) throw new Failure('unavailable', `This cloud does not speak ${peer.dialect} yet.`);
      return dialect;
    },
    /** The clouds that an invitee may pick: those whose dialect this program speaks. */
    offeredPeers: async () => (await peers.offered()).filter((peer) => dialects[peer.dialect] !== undefined),
  };
}

export type NeighbourRooms = ReturnType<typeof furnishNeighbours>;

function furnishPeers(base: Foundation, logos: Logos, below: PostRooms & HalfRooms): Peers {
  const { endings, outbox, outgoing, incoming } = below;
  const endAll = async (trx: Transaction, peerId: PeerId, by: string): Promise<number> => {
    // An invitation that waits for another choice is not ended.
    const given = (await outgoing.open(trx, { peerId })).filter(({ state }) => state !== 'created');
    const taken = await incoming.open(trx, { peerId });
    await endings.peerGone(trx, peerId, by);
    return given.length + taken.length;
  };
  return new Peers({
    ...base,
    allowInsecure: base.config.allowInsecurePeers,
    logos,
    hooks: {
      async onBlocked(trx, peerId, by) {
        const ended = await endAll(trx, peerId, by);
        // Ends are still told, nothing else is.
        await outbox.dropPeer(trx, peerId, [UNSHARE]);
        return ended;
      },
      async onRemoved(trx, peerId, by) {
        const ended = await endAll(trx, peerId, by);
        await outbox.dropPeer(trx, peerId);
        return ended;
      },
    },
  });
}

function furnishStorageApis(
  { outbound, clock, log }: Foundation,
  signer: Signer,
  conditions: PeerConditions,
): Readonly<Record<string, StorageApi>> {
  const known = new Map<string, Kinds>();
  const peerClocks = new Map<PeerId, PeerClock>();
  return {
    'stacksync-v2': ({ peer, resourceUrl, ...folder }) =>
      new StacksyncSpace({
        ...folder,
        ...{ resourceUrl, outbound, signer, clock, log },
        peerClock: peerClockOf(peerClocks, peer.id, conditions),
        originPins: peer.origins,
        kinds: kindsOf(known, resourceUrl),
      }),
  };
}

function peerClockOf(known: Map<PeerId, PeerClock>, peerId: PeerId, conditions: PeerConditions): PeerClock {
  const peerClock = known.get(peerId) ?? new NoticedClock((ahead) => conditions.clockSeen(peerId, ahead));
  known.set(peerId, peerClock);
  return peerClock;
}

/** What was learnt of a folder's keys serves every request to it; forgotten all at once when there are too many. */
function kindsOf(known: Map<string, Kinds>, resourceUrl: string): Kinds {
  const kinds = known.get(resourceUrl) ?? new Map<string, 'file' | 'folder'>();
  if (known.size > 1_000) known.clear();
  known.set(resourceUrl, kinds);
  return kinds;
}
