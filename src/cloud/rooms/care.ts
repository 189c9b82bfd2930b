import { QueueView } from '../../deliveries/index.js';
import { Doctor, Journal } from '../../doctor/index.js';
import { PeerEvents } from '../../peers/index.js';
import type { Foundation } from '../foundation/foundation.js';
import type { NeighbourRooms } from './neighbours.js';
import type { DeliveryRooms } from './deliveries.js';
import type { ShareRooms } from './shares.js';

interface Below {
  readonly deliveries: DeliveryRooms;
  readonly shares: ShareRooms;
  readonly neighbours: NeighbourRooms;
}

/** Builds the diagnoses, and the log of who did what. */
export function furnishCare(base: Foundation, { deliveries, shares, neighbours }: Below) {
  const queue = new QueueView(base);
  const peerEvents = new PeerEvents(base.clock);
  const storageTrouble = async (): Promise<string | undefined> => {
    const { ok, reason } = await base.contents.health();
    return ok ? undefined : (reason ?? 'Writing failed.');
  };
  const { outgoing, incoming, events } = shares;
  const { peers, breakers, conditions, refused, abilitiesOf } = neighbours;
  const doctor = new Doctor({
    outgoing,
    incoming,
    events,
    peers,
    breakers,
    conditions,
    refused,
    abilitiesOf,
    queue,
    peerEvents,
    storageTrouble,
    outbox: deliveries.outbox,
    ...base,
  });
  return { queue, peerEvents, doctor, journal: new Journal(base) };
}

export type CareRooms = ReturnType<typeof furnishCare>;
