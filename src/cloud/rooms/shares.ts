import { QueueView } from '../../deliveries/index.js';
import { Grants } from '../../grants/index.js';
import {
  DestinationSteps,
  Endings,
  IncomingShares,
  Mounting,
  Notices,
  OriginSteps,
  OutgoingShares,
  OwnSecrets,
  Receiving,
  ShareEvents,
  Tombstones,
} from '../../shares/index.js';
import type { Foundation } from '../foundation/foundation.js';
import type { DeliveryRooms } from './deliveries.js';

/** Both halves of every agreement, and how they end: whatever ends in a room below is told here. */
export function furnishShares(
  base: Foundation,
  { deliveries: { outbox, queueLetter } }: { readonly deliveries: DeliveryRooms },
) {
  const { clock } = base;
  const now = (): number => clock.now();
  const grants = new Grants(base);
  const events = new ShareEvents(clock);
  const outgoing: OutgoingShares = new OutgoingShares(clock, events, (trx, moved) => notices.outgoingMoved(trx, moved));
  const incoming: IncomingShares = new IncomingShares(clock, events, (trx, moved) => notices.incomingMoved(trx, moved));
  const notices: Notices = new Notices({ queueLetter, outgoing, incoming, queue: new QueueView(base), ...base });
  const tombstones = new Tombstones(clock);
  const origin = new OriginSteps({ outgoing, grants, outbox, events, now });
  const destination = new DestinationSteps({ incoming, outbox, now });
  return {
    grants,
    events,
    outgoing,
    incoming,
    origin,
    destination,
    notices,
    tombstones,
    endings: new Endings({ outgoing, incoming, origin, destination, tombstones, ...base }),
    /** Opens our shares for other servers of Open Cloud Mesh. */
    ownSecrets: new OwnSecrets({ outgoing, grants, origin, ...base }),
    receiving: new Receiving({ incoming, destination, tombstones, ...base }),
    mounting: new Mounting({ incoming, destination, events, notices, outbox, ...base }),
  };
}

export type ShareRooms = ReturnType<typeof furnishShares>;
