import type { ContentStore } from '../../../contents/index.js';
import { ForeignFacts } from '../../../files/index.js';
import type { Clock, PeerId, Random } from '../../../kernel/index.js';
import type { Database, Log, Outbound } from '../../../platform/index.js';
import type { Peer } from '../../../peers/index.js';
import type { ShareCredentials } from '../../../shares/index.js';
import type { StorageApi } from '../../ports/storage-api.js';
import { LastRoom } from './wire/last-room.js';
import { LearntManners } from './wire/manners.js';
import { OneAtATime } from './one-at-a-time.js';
import { DavSpace } from './space.js';
import { proofsOf, type ExchangedProof } from './wire/credentials.js';
import { ServerRoot } from './wire/paths.js';
import { Pause } from './wire/pauses.js';
import { DavTransport } from './wire/transport.js';

/** What {@link createDavApi} needs. */
export interface DavApiInputs {
  readonly database: Database;
  readonly outbound: Outbound;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Stores uploads that cannot be sent on as they arrive. */
  readonly contents: ContentStore;
  /** A token for a share of a peer, for which the secret is exchanged; see `ForeignTokens`. */
  readonly exchange?:
    ((peer: Peer, shareId: string, secret: string, refused?: string) => Promise<string | undefined>) | undefined;
}

/** Most shares whose manners are held in memory; those of others are read again. */
const REMEMBERED = 10_000;

/**
 * The storage API of peers that serve WebDAV (webdav.md 2). What was found out about a share's server serves all who
 * ask it.
 */
export function createDavApi({ database, outbound, clock, random, log, contents, exchange }: DavApiInputs): StorageApi {
  const facts = new ForeignFacts({ database, clock });
  const shares = new Map<string, ShareState>();
  const pauses = new Map<PeerId, Pause>();
  const pauseOf = (id: PeerId): Pause => {
    const pause = pauses.get(id) ?? new Pause(clock);
    pauses.set(id, pause);
    return pause;
  };
  const stateOf = (shareId: string): ShareState => {
    const factsOfShare = facts.of(shareId);
    const state = shares.get(shareId) ?? {
      manners: new LearntManners(factsOfShare),
      turns: new OneAtATime(),
      room: new LastRoom(clock),
    };
    if (shares.size >= REMEMBERED) shares.clear();
    shares.set(shareId, state);
    return state;
  };
  return ({ peer, shareId, resourceUrl, credentials, expiresAt, ...folder }) => {
    const root = new ServerRoot(resourceUrl);
    const state = stateOf(shareId);
    const transport = new DavTransport({
      ...folder,
      outbound,
      manners: state.manners,
      pause: pauseOf(peer.id),
      proofs: {
        ...proofsOf(credentials),
        exchanged: exchangedProof(
          credentials,
          exchange && ((secret, refused) => exchange(peer, shareId, secret, refused)),
        ),
      },
      originPins: peer.origins,
    });
    return new DavSpace({ root, transport, facts: facts.of(shareId), contents, random, log, expiresAt, ...state });
  };
}

/** How tokens for a share are obtained; undefined when it is opened with its secret alone. */
function exchangedProof(
  credentials: ShareCredentials,
  exchange: ((secret: string, refused?: string) => Promise<string | undefined>) | undefined,
): ExchangedProof | undefined {
  if (credentials.kind !== 'bearer' || credentials.exchange === undefined) return undefined;
  const { token: secret, exchange: rule } = credentials;
  return { isOnly: rule === 'must', token: async (refused) => exchange?.(secret, refused) };
}

interface ShareState {
  readonly manners: LearntManners;
  readonly turns: OneAtATime;
  readonly room: LastRoom;
}
