import { Grants } from '../../grants/index.js';
import {
  DestinationHalf,
  Endings,
  IncomingShares,
  OriginHalf,
  OutgoingShares,
  ShareEvents,
  Tombstones,
} from '../../shares/index.js';
import type { Foundation } from '../foundation.js';
import type { PostRooms } from './post.js';

/** Both halves of every agreement, and how they end: whatever ends in a room below is told here. */
export function furnishHalves({ database, clock, random, sealer, log }: Foundation, { outbox }: PostRooms) {
  const now = (): number => clock.now();
  const grants = new Grants({ clock, random, sealer });
  const events = new ShareEvents(clock);
  const outgoing = new OutgoingShares(clock, events);
  const incoming = new IncomingShares(clock, events);
  const origin = new OriginHalf({ outgoing, grants, outbox, events, now });
  const destination = new DestinationHalf({ incoming, outbox, now });
  return {
    ...{ grants, events, outgoing, incoming, origin, destination },
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
