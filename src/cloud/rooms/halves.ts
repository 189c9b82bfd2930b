import { QueueView } from '../../deliveries/index.js';
import { Grants } from '../../grants/index.js';
import {
  DestinationHalf,
  Endings,
  IncomingShares,
  Notices,
  OriginHalf,
  OutgoingShares,
  ShareEvents,
  Tombstones,
} from '../../shares/index.js';
import type { Foundation } from '../foundation.js';
import type { PostRooms } from './post.js';

/** Both halves of every agreement, and how they end: whatever ends in a room below is told here. */
export function furnishHalves(base: Foundation, { outbox, post }: PostRooms, publicOrigin: string) {
  const { database, clock, random, sealer, log } = base;
  const now = (): number => clock.now();
  const grants = new Grants({ clock, random, sealer });
  const events = new ShareEvents(clock);
  const outgoing: OutgoingShares = new OutgoingShares(clock, events, (trx, moved) => notices.outgoingMoved(trx, moved));
  const incoming: IncomingShares = new IncomingShares(clock, events, (trx, moved) => notices.incomingMoved(trx, moved));
  const notices: Notices = new Notices({
    ...{ database, clock, post, publicOrigin, outgoing, incoming },
    queue: new QueueView({ database, clock }),
  });
  const origin = new OriginHalf({ outgoing, grants, outbox, events, now });
  const destination = new DestinationHalf({ incoming, outbox, now });
  return {
    ...{ grants, events, outgoing, incoming, origin, destination, notices },
    tombstones: new Tombstones(clock),
    endings: new Endings({ database, clock, log, outgoing, incoming, origin, destination }),
    /** All of them, newest first. */
    allShares: async () => ({
      outgoing: await outgoing.views(database.read),
      incoming: await incoming.views(database.read),
    }),
  };
}

export type HalfRooms = ReturnType<typeof furnishHalves>;
