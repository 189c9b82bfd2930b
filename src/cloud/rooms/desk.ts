import { Desk } from '../../desk/index.js';
import { DeskPlaces } from '../../federation/index.js';
import type { GrantPrincipal } from '../../kernel/index.js';
import type { Queries } from '../../platform/index.js';
import type { Foundation } from '../foundation.js';
import type { HalfRooms } from './halves.js';
import type { NeighbourRooms } from './neighbours.js';
import type { TreeRooms } from './trees.js';

/** What is said about files, and who has them open. */
export function furnishDesk(base: Foundation, below: HalfRooms & NeighbourRooms & TreeRooms) {
  const cloudOf = async (q: Queries, { grantId }: GrantPrincipal): Promise<string | undefined> => {
    const peerId = await below.grants.peerOf(q, grantId);
    return peerId === undefined ? undefined : (await below.peers.byId(peerId, q))?.name;
  };
  const places = new DeskPlaces({
    ...{ ...base, ...below, cloudOf },
    deskAbroad: (mount, key) => below.foreign.desk(mount, key),
  });
  return { desk: new Desk({ ...base, places, cloudName: base.config.cloudName }) };
}
