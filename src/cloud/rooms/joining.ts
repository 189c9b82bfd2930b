import type { SignedWire } from '../../federation/index.js';
import type { PeerId } from '../../kernel/index.js';
import {
  createJoinWire,
  JoinRequests,
  Joins,
  KeyRotation,
  PeerEvents,
  PeerFile,
  PeerKeys,
  Probes,
  type Logos,
  type Peer,
  type Peers,
} from '../../peers/index.js';
import type { Foundation } from '../foundation.js';

interface Below {
  readonly peers: Peers;
  readonly logos: Logos;
  readonly wire: SignedWire;
  readonly publicOrigin: string;
}

/** How clouds become peers and stay so: requests and approvals, new keys, asking after each other, peers as a file. */
export function furnishJoining(base: Foundation, { peers, logos, wire, publicOrigin }: Below) {
  const { config, outbound, log, clock } = base;
  const events = new PeerEvents(clock);
  const keys = new PeerKeys({ ...base, peers });
  const probes = new Probes({ ...base, peers, ping: (peer, url) => wire.getSigned(peer, url) });
  const onJoined = ({ id, logoUrl }: Peer): void => {
    logos.keep(id, logoUrl).catch((error: unknown) => {
      log.error({ err: error }, 'a logo could not be kept');
    });
  };
  const parts = { ...base, peers, keys, events, probes, publicOrigin, onJoined, wire: createJoinWire(outbound) };
  const joins = new Joins({ ...parts, cloudName: config.cloudName });
  const joinRequests = new JoinRequests(parts);
  return {
    ...{ joins, joinRequests, probes, peerKeys: keys },
    rotation: new KeyRotation({ ...base, peers, keys, events, tell: (...told) => wire.postForm(...told) }),
    peerFile: new PeerFile({ ...base, peers, events, allowInsecure: config.allowInsecurePeers }),
    probeSoon: (id: PeerId): void => {
      probes.soon(id);
    },
    /** A peer that did not work when it was last asked is asked again when it shows that it is there. */
    heardFrom: ({ id, probe }: Peer): void => {
      if (probe !== undefined && probe.outcome !== 'well') probes.soon(id);
    },
    /** What the passing of time brings to requests and keys. */
    async tendPeers(): Promise<void> {
      await joins.sweep();
      await joinRequests.sweep();
      await keys.sweep();
      await probes.tend();
      await joinRequests.readWaiting();
    },
    /** Resolves when nothing is under way in the background. */
    async joiningSettled(): Promise<void> {
      await joinRequests.stop();
      await probes.settled();
    },
  };
}

export type JoiningRooms = ReturnType<typeof furnishJoining>;
