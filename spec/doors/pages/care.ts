import { Breakers, Outbox, QueueView } from '../../../src/deliveries/index.js';
import { Doctor, Journal } from '../../../src/doctor/index.js';
import type { PageServices } from '../../../src/doors/pages/index.js';
import type { Clock } from '../../../src/kernel/index.js';
import { PeerConditions, PeerEvents, type Peers } from '../../../src/peers/index.js';
import { createLog, createMemory, type Database, type Sealer } from '../../../src/platform/index.js';
import { IncomingShares, OutgoingShares, ShareEvents } from '../../../src/shares/index.js';

/** A real doctor over the database of the pages. */
export function createCare(parts: {
  readonly database: Database;
  readonly clock: Clock;
  readonly sealer: Sealer;
  readonly peers: Peers;
}): PageServices['care'] {
  const { clock } = parts;
  const events = new ShareEvents(clock);
  const queue = new QueueView({ ...parts, remember: createMemory(parts.database) });
  const doctor = new Doctor({
    abilitiesOf: () => ({ credentialsInAddress: false }),
    webOrigin: 'http://localhost:4000',
    ...parts,
    events,
    queue,
    outgoing: new OutgoingShares(clock, events, async () => undefined),
    incoming: new IncomingShares(clock, events, async () => undefined),
    outbox: new Outbox(parts),
    breakers: new Breakers(clock),
    conditions: new PeerConditions({ ...parts, log: createLog('silent') }),
    refused: { about: () => Promise.resolve([]) },
    peerEvents: new PeerEvents(clock),
    storageTrouble: () => Promise.resolve(undefined),
  });
  return { doctor, queue, journal: new Journal(parts) };
}
