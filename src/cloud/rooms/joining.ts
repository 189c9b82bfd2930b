import { ANNOUNCEMENT, ANNOUNCEMENT_LIFE } from '../../federation/index.js';
import type { PeerId } from '../../kernel/index.js';
import {
  createJoinWire,
  discover,
  JoinRequests,
  Joins,
  KeyRotation,
  PeerEvents,
  OwnAddress,
  PeerFile,
  PeerKeys,
  PeerMoves,
  Probes,
  recognise,
  type AskOcm,
  type DiscoveryConsent,
  type Peer,
  type Recognised,
} from '../../peers/index.js';
import type { Foundation } from '../foundation/foundation.js';
import type { NeighbourRooms } from './neighbours.js';
import type { OcmRooms } from './ocm.js';
import type { DeliveryRooms } from './deliveries.js';
import type { ShareRooms } from './shares.js';

interface Below {
  readonly deliveries: DeliveryRooms;
  readonly shares: ShareRooms;
  readonly ocm: OcmRooms;
  readonly neighbours: NeighbourRooms;
}

/** How clouds become peers and stay so: requests and approvals, new keys, asking after each other, peers as a file. */
export function furnishJoining(base: Foundation, below: Below) {
  const { peers, wire } = below.neighbours;
  const allowInsecure = base.config.allowInsecurePeers;
  const events = new PeerEvents(base.clock);
  const peerKeys = new PeerKeys({ peers, ...base });
  const askOcm = below.ocm.ask;
  const probes = new Probes({ peers, askOcm, ping: (peer, url) => wire.getSigned(peer, url), ...base });
  const { joins, joinRequests } = furnishRequests(base, below, { events, keys: peerKeys, probes });
  return {
    joins,
    joinRequests,
    probes,
    peerKeys,
    recognise: recogniser(base, askOcm),
    ownAddress: furnishOwnAddress(base, below),
    peerMoves: furnishMoves(base, below, { events, probes }),
    rotation: new KeyRotation({ peers, keys: peerKeys, events, tell: (...told) => wire.postForm(...told), ...base }),
    peerFile: new PeerFile({ peers, events, allowInsecure, ...base }),
    probeSoon: (id: PeerId): void => {
      probes.soon(id);
    },
    heardFrom: (peer: Peer): void => {
      probes.heardFrom(peer);
    },
    /** What the passing of time brings to requests and keys. */
    async tend(): Promise<void> {
      await joins.sweep();
      await joinRequests.sweep();
      await peerKeys.sweep();
      await probes.tend();
      await joinRequests.readWaiting();
    },
    /** Resolves when nothing is under way in the background. */
    async settled(): Promise<void> {
      await joinRequests.stop();
      await probes.settled();
    },
  };
}

/** Finds out what the cloud at an address speaks. */
function recogniser({ config, outbound }: Foundation, askOcm: AskOcm) {
  const parts = { askOcm, outbound, allowInsecure: config.allowInsecurePeers };
  return (url: string, consent?: DiscoveryConsent): Promise<Recognised> => recognise(parts, url, consent);
}

interface Parts {
  readonly events: PeerEvents;
  readonly keys: PeerKeys;
  readonly probes: Probes;
}

function furnishRequests(base: Foundation, { ocm, neighbours }: Below, { events, keys, probes }: Parts) {
  const { config, outbound, log } = base;
  const { peers, logos } = neighbours;
  const wire = createJoinWire(outbound);
  const onJoined = ({ id, logoUrl }: Peer): void => {
    logos.keep(id, logoUrl).catch((error: unknown) => {
      log.error({ err: error }, 'a logo could not be kept');
    });
  };
  const parts = { peers, keys, events, probes, wire, onJoined, ...base };
  const { cloudName, allowInsecurePeers: allowInsecure } = config;
  return {
    joins: new Joins({ askOcm: ocm.ask, allowInsecure, cloudName, ...parts }),
    joinRequests: new JoinRequests(parts),
  };
}

function furnishMoves(
  base: Foundation,
  { neighbours: { peers, followMove } }: Below,
  parts: Omit<Parts, 'keys'>,
): PeerMoves {
  return new PeerMoves({
    peers,
    events: parts.events,
    allowInsecure: base.config.allowInsecurePeers,
    discover: (url, consent) => discover(base.outbound, url, consent),
    ask: (peer) => parts.probes.ask(peer),
    onMoved: followMove,
    ...base,
  });
}

function furnishOwnAddress(
  base: Foundation,
  { deliveries: { outbox }, neighbours: { peers, wire } }: Below,
): OwnAddress {
  return new OwnAddress({
    peers,
    queue: (trx, { id }) =>
      outbox.enqueue(trx, {
        kind: ANNOUNCEMENT,
        peerId: id,
        lane: `announcement:${id}`,
        payload: {},
        unlessQueued: true,
        expiresAt: base.clock.now() + ANNOUNCEMENT_LIFE,
      }),
    post: (peer, url, fields) => wire.postForm(peer, url, fields),
    ...base,
  });
}

export type JoiningRooms = ReturnType<typeof furnishJoining>;
