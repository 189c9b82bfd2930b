import { Changing, Decisions, Invitations, Inviting, Proposals, Sharing } from '../../shares/index.js';
import type { Foundation } from '../foundation.js';
import type { HalfRooms } from './halves.js';
import type { NeighbourRooms } from './neighbours.js';
import type { PeopleRooms } from './people.js';
import type { PostRooms } from './post.js';
import type { TreeRooms } from './trees.js';

type Below = PostRooms &
  HalfRooms &
  PeopleRooms &
  NeighbourRooms &
  TreeRooms & { readonly publicOrigin: string; readonly storageBase: string };

/** How agreements are made: offered and chosen here as the origin, received and answered here as the destination. */
export function furnishAgreements(base: Foundation, below: Below) {
  const { database } = base;
  const { addresses, dialectOf, offeredPeers, peerById } = below;
  const invitations = new Invitations({
    ...base,
    ...below,
    peers: { offered: offeredPeers },
    present: (peer, offer) => dialectOf(peer).sendOffer(peer, offer),
  });
  const inviting = new Inviting({ ...base, ...below, invitations });
  return {
    ...{ invitations, inviting },
    changing: new Changing({ ...base, ...below }),
    sharing: new Sharing({
      ...base,
      ...below,
      inviting,
      addressesOf: (accountId) => addresses.provenFolded(database.read, accountId),
    }),
    decisions: new Decisions({ ...base, ...below }),
    proposals: new Proposals({
      ...base,
      ...below,
      peerById,
      ownsAddress: async (q, accountId, folded) => (await addresses.provenFolded(q, accountId)).includes(folded),
      decisionUrl: (peer, callback, decision) => dialectOf(peer).decisionUrl(peer, callback, decision),
    }),
  };
}
