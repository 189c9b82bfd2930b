import { ChangeNotices } from '../accounts/index.js';
import { createWorker, type DeliveryHandler, type DeliveryWorker, type WorkerParts } from '../deliveries/index.js';
import { Calendars } from '../desk/index.js';
import { ANNOUNCEMENT, createAnnouncer, createCourier, createFarewellSender, FAREWELL } from '../federation/index.js';
import { createLetters } from '../mail/index.js';
import { createLetterSender, MAIL } from '../shares/index.js';
import { viewsFolder } from './folders.js';
import type { Foundation } from './foundation/foundation.js';
import { furnishAgreements, type AgreementRooms } from './rooms/agreements.js';
import { furnishApps, type AppRooms } from './rooms/apps.js';
import { furnishCare, type CareRooms } from './rooms/care.js';
import { furnishDesk, type DeskRooms } from './rooms/desk.js';
import { furnishFiles, type FileRooms } from './rooms/files.js';
import { furnishJoining, type JoiningRooms } from './rooms/joining.js';
import { furnishOcm, type OcmRooms } from './rooms/ocm.js';
import { furnishNeighbours, type NeighbourRooms } from './rooms/neighbours.js';
import { furnishPeople, type PeopleRooms } from './rooms/people.js';
import { furnishDeliveries, type DeliveryRooms } from './rooms/deliveries.js';
import { furnishShares, type ShareRooms } from './rooms/shares.js';

/**
 * All rooms of a cloud, in groups, each built on those before it. What a room needs is passed by name; only {@link
 * Foundation} may be spread, as the last, so that a name that is given twice is a type error.
 */
export interface Rooms {
  /** What every room stands on. */
  readonly base: Foundation;
  /** What this cloud sends: the queue of messages, and mails. */
  readonly deliveries: DeliveryRooms;
  /** Both halves of every agreement, and how they end. */
  readonly shares: ShareRooms;
  /** The apps that act for people. */
  readonly apps: AppRooms;
  /** The people of this cloud, and their proofs. */
  readonly people: PeopleRooms;
  /** How we speak to servers of Open Cloud Mesh. */
  readonly ocm: OcmRooms;
  /** The other clouds: whom we trust, and how we speak to them. */
  readonly neighbours: NeighbourRooms;
  /** Everybody's files, their own and those that lie in other clouds. */
  readonly files: FileRooms;
  /** How clouds become peers and stay so. */
  readonly joining: JoiningRooms;
  /** How agreements are made. */
  readonly agreements: AgreementRooms;
  /** What is said about files, and who has them open. */
  readonly desk: DeskRooms;
  /** Diagnoses, and the log of who did what. */
  readonly care: CareRooms;
}

/** Builds every room on the foundation; nothing runs yet. */
export function furnish(base: Foundation): Rooms {
  const deliveries = furnishDeliveries(base);
  const shares = furnishShares(base, { deliveries });
  const calendars = new Calendars(base.database);
  const changes = new ChangeNotices({ queueLetter: deliveries.queueLetter, ...base });
  const apps = furnishApps(base, { changes });
  const ocm = furnishOcm(base, { deliveries });
  const people = furnishPeople(base, { deliveries, shares, apps, ocm, calendars, changes });
  const neighbours = furnishNeighbours(base, { deliveries, shares, ocm });
  const files = furnishFiles(base, { shares, people, apps, neighbours });
  const joining = furnishJoining(base, { deliveries, shares, ocm, neighbours });
  const agreements = furnishAgreements(base, { deliveries, shares, people, ocm, neighbours, files });
  const desk = furnishDesk(base, { shares, neighbours, files, calendars });
  const care = furnishCare(base, { deliveries, shares, neighbours });
  return { base, deliveries, shares, apps, people, ocm, neighbours, files, joining, agreements, desk, care };
}

/** Makes the worker that sends what these rooms have queued; it runs once it is started. */
export function furnishWorker(rooms: Rooms): DeliveryWorker {
  const { base, deliveries, neighbours } = rooms;
  return createWorker({
    outbox: deliveries.outbox,
    breakers: neighbours.breakers,
    handlers: handlersOf(rooms),
    ...base,
  });
}

/** The handlers of all kinds of deliveries. */
function handlersOf({
  base,
  deliveries,
  shares,
  ocm,
  neighbours,
  joining,
  agreements,
}: Rooms): WorkerParts['handlers'] {
  const { grants, outgoing, incoming, origin, destination, mounting, receiving } = shares;
  const { peerById, dialectOf, interopOf, foreign } = neighbours;
  const courier = createCourier({
    grants,
    outgoing,
    incoming,
    origin,
    destination,
    mounting,
    peerById,
    dialectOf,
    interopOf,
    receiving,
    ownOffers: agreements.ownOffers,
    proposals: agreements.proposals,
    probe: (incomingId) => foreign.probe(incomingId),
    ...base,
  });
  const announcer = createAnnouncer({ peerById, ownAddress: joining.ownAddress });
  const farewell = createFarewellSender({ wire: ocm.wire, peerById });
  return {
    [MAIL]: letterSender(base, deliveries, shares),
    [ANNOUNCEMENT]: announcer,
    [FAREWELL]: farewell,
    ...courier,
  };
}

/** The handler of mails. */
function letterSender(base: Foundation, { mailer, wishes }: DeliveryRooms, { notices }: ShareRooms): DeliveryHandler {
  const { cloudName, publicUrl, mailFrom } = base.config;
  const letters = createLetters({ viewsFolder, cloudName, publicUrl });
  return createLetterSender({ letters, mailer, wishes, notices, mailFrom, ...base });
}
