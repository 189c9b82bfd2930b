import { Failure, isFailure } from '../../kernel/index.js';
import { foundIn, ocmRecord, type OcmSaid } from '../peer/ocm-said.js';
import type { OcmPlace } from '../peer/ocm-terms.js';
import type { Peer } from '../peer/peer.js';
import type { Peers } from '../peers.js';

/** Who added a peer that became known by itself, as in the log of peers. */
const BY_ITSELF = 'open federation';

/**
 * The peer that a server is which nobody registered (FOOTBRIDGE_OCM_OPEN): a record of what it says of itself, made when it is
 * met first. Throws `forbidden` when that server belongs to a peer which is blocked, or which is known by another protocol alone:
 * then an administrator has decided about it.
 */
export async function meetServer(
  peers: Pick<Peers, 'add' | 'byOcmHost'>,
  place: OcmPlace,
  said: OcmSaid,
): Promise<Peer> {
  const known = await peers.byOcmHost(place.host);
  if (known !== undefined) return known;
  try {
    const { peer } = await peers.add(draftOf(place, said), {}, BY_ITSELF);
    return peer;
  } catch (error) {
    if (!isFailure(error, 'conflict')) throw error;
    // Met twice at once.
    const met = await peers.byOcmHost(place.host);
    if (met !== undefined) return met;
    throw new Failure('forbidden', 'This cloud does not share with your server.', { cause: error });
  }
}

function draftOf({ host, path, isPlain }: OcmPlace, said: OcmSaid) {
  return {
    // Not as it calls itself: nobody has looked at it.
    name: host + path,
    dialect: 'ocm',
    ...ocmRecord(said.endPoint),
    ocm: { host, path, isPlain, found: foundIn(said), isMet: true },
  } as const;
}
