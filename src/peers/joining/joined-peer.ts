import { Failure, freeText, LONGEST_LABEL } from '../../kernel/index.js';
import type { Transaction } from '../../platform/index.js';
import type { DiscoveredPeer } from '../peer/peer-draft.js';
import { bareAddress } from '../peer-lists.js';
import { overlap } from '../peer/web-origins.js';
import type { PeerEvents } from '../peer/peer-events.js';
import type { PeerKeys } from '../peer-keys.js';
import type { ConsumerPair, Peer, PeerSummary } from '../peer/peer.js';
import type { Peers } from '../peers.js';
import type { Probes } from '../probes.js';

/** What {@link recordJoined} needs. */
export interface JoinedPeerParts {
  readonly peers: Pick<Peers, 'lists' | 'byId' | 'enter'>;
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
 * Finds the peer that a discovered cloud already is. Throws `conflict` for a blocked one, and when its addresses belong
 * to a peer with another endpoint (ADM-02): such a cloud must be added by hand.
 */
export function knownAs(found: DiscoveredPeer, peers: readonly PeerSummary[]): PeerSummary | undefined {
  const same = peers.find((peer) => isSameCloud(peer, found));
  if (same?.blocked === true) {
    throw new Failure('conflict', `${same.name} is blocked. Unblock it first, if you want to trust it again.`);
  }
  if (same !== undefined) return same;
  const other = peers.find(({ origins }) => origins.some((one) => found.origins.some((each) => overlap(one, each))));
  if (other === undefined) return undefined;
  throw new Failure('conflict', `Its addresses belong to the peer ${other.name} already. Remove that one first.`);
}

/** True when both take proposals at one address. */
export function isSameCloud(peer: Pick<Peer, 'shareUrl'>, found: Pick<DiscoveredPeer, 'shareUrl'>): boolean {
  return bareAddress(peer.shareUrl) === bareAddress(found.shareUrl);
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
  const all = await peers.lists.all(trx);
  const same = knownAs(found, all);
  const known = same === undefined ? undefined : await peers.byId(same.id, trx);
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

/** `Birch`, or `Birch (2)` where that is taken. */
function freeNameFor(claimed: string, peers: readonly PeerSummary[]): string {
  return freeText(claimed, '', (text) => peers.some(({ name }) => name === text), { characters: LONGEST_LABEL });
}
