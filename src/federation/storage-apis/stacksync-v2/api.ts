import { ForeignFacts } from '../../../files/index.js';
import type { Clock, PeerId } from '../../../kernel/index.js';
import type { Database, Log, Outbound } from '../../../platform/index.js';
import type { Signer } from '../../../oauth1/index.js';
import { NoticedClock, type PeerClock } from '../../peer-call/skew.js';
import type { StorageApi } from '../../ports/storage-api.js';
import { signingCredentials } from './credentials.js';
import { KeptListings } from './memory/kept-listings.js';
import { SeenNodes } from './memory/seen-nodes.js';
import { StacksyncSpace } from './space.js';

/** What {@link createStacksyncApi} needs. */
export interface StacksyncApiInputs {
  readonly database: Database;
  readonly outbound: Outbound;
  readonly signer: Signer;
  readonly clock: Clock;
  readonly log: Log;
  /** Is told by how many seconds a peer's clock is ahead of ours. */
  readonly onClock: (peerId: PeerId, ahead: number) => void;
}

/**
 * The adapter for peers that serve the StackSync API (stacksync-api-v2.md). All folders of one peer share what is known
 * of its clock.
 */
export function createStacksyncApi({
  database,
  outbound,
  signer,
  clock,
  log,
  onClock,
}: StacksyncApiInputs): StorageApi {
  const facts = new ForeignFacts({ database, clock });
  const seen = new SeenNodes({ clock });
  const kept = new KeptListings({ clock });
  const peerClocks = new Map<PeerId, PeerClock>();
  const peerClockOf = (id: PeerId): PeerClock => {
    const peerClock = peerClocks.get(id) ?? new NoticedClock((ahead) => onClock(id, ahead));
    peerClocks.set(id, peerClock);
    return peerClock;
  };
  return ({ peer, resourceUrl, credentials: given, ...folder }) => {
    const credentials = signingCredentials(peer, given);
    return new StacksyncSpace({
      ...folder,
      resourceUrl,
      credentials,
      outbound,
      signer,
      clock,
      log,
      peerClock: peerClockOf(peer.id),
      originPins: peer.origins,
      facts: facts.of(folder.shareId),
      seen: seen.below(`${peer.id} ${resourceUrl}`),
      kept: kept.of([peer.id, resourceUrl, credentials.token].join(' ')),
    });
  };
}
