import { Failure } from '../kernel/index.js';
import type { Transaction } from '../platform/index.js';
import type { DiscoveredPeer } from './discovery.js';
import { overlap } from './origins.js';
import type { PeerEvents } from './peer-events.js';
import type { PeerKeys } from './peer-keys.js';
import type { ConsumerPair, Peer } from './peer.js';
import type { Peers } from './peers.js';
import type { Probes } from './probes.js';

/** What joined peers are recorded with. */
export interface JoinedPeerParts {
  readonly peers: Pick<Peers, 'list' | 'enter'>;
  readonly keys: Pick<PeerKeys, 'replace' | 'sign'>;
  readonly probes: Pick<Probes, 'expect'>;
  readonly events: Pick<PeerEvents, 'record'>;
}

/** Both pairs of a join, seen from here. */
export interface JoinedPairs {
  /** The peer signs to us with it. */
  readonly inbound: ConsumerPair;
  /** We sign to the peer with it. */
  readonly outbound: ConsumerPair;
}

/**
 * The peer that a discovered cloud is already, if any. Throws `conflict` for one that is blocked, and when its addresses
 * belong to a peer with another endpoint (ADM-02): such a cloud is added by hand or not at all.
 */
export function knownAs(found: DiscoveredPeer, peers: readonly Peer[]): Peer | undefined {
  const same = peers.find((peer) => isSameCloud(peer, found));
  if (same?.blocked === true) {
    throw new Failure('conflict', `${same.name} is blocked. Unblock it first, if you want to trust it again.`);
  }
  if (same !== undefined) return same;
  const other = peers.find(({ origins }) => origins.some((one) => found.origins.some((each) => overlap(one, each))));
  if (other === undefined) return undefined;
  throw new Failure('conflict', `Its addresses belong to the peer ${other.name} already. Remove that one first.`);
}

/** True when both take proposals at one address; one that was typed by hand may end in a slash or not. */
export function isSameCloud(peer: Pick<Peer, 'shareUrl'>, found: Pick<DiscoveredPeer, 'shareUrl'>): boolean {
  const bare = ({ shareUrl }: Pick<Peer, 'shareUrl'>): string => shareUrl.replace(/\/+$/, '');
  return bare(peer) === bare(found);
}

/**
 * Records a joined cloud with both pairs, in the caller's transaction. One that is a peer already keeps its record, its
 * shares and, until the new pair is used, the pair that it signs with now; another with the same name gets a number.
 */
export async function recordJoined(
  { peers, keys, probes, events }: JoinedPeerParts,
  trx: Transaction,
  found: DiscoveredPeer,
  { inbound, outbound }: JoinedPairs,
  actor: string,
): Promise<Peer> {
  const all = await peers.list(trx);
  const known = knownAs(found, all);
  const { joinUrl: _joinUrl, name: claimed, ...record } = found;
  const name = freeNameFor(claimed, all);
  const peer = known ?? (await peers.enter(trx, { ...record, name, outbound }, inbound));
  if (known !== undefined) {
    await keys.replace(trx, known, inbound);
    await keys.sign(trx, known.id, outbound);
  }
  await probes.expect(trx, peer.id);
  await events.record(trx, { peerId: peer.id, event: 'joined', actor });
  return peer;
}

const LONGEST_STEM = 90;

/** `Birch`, or `Birch (2)` where that is taken. */
function freeNameFor(claimed: string, peers: readonly Peer[]): string {
  const isTaken = (text: string): boolean => peers.some(({ name }) => name === text);
  let name = claimed;
  for (let number = 2; isTaken(name); number += 1) name = `${claimed.slice(0, LONGEST_STEM)} (${String(number)})`;
  return name;
}
