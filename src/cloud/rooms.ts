import { createWorker } from '../deliveries/index.js';
import { createCourier } from '../federation/index.js';
import type { Foundation } from './foundation.js';
import { furnishAgreements } from './rooms/agreements.js';
import { furnishCare } from './rooms/care.js';
import { furnishDesk } from './rooms/desk.js';
import { furnishHalves } from './rooms/halves.js';
import { furnishJoining } from './rooms/joining.js';
import { furnishMailing } from './rooms/mailing.js';
import { furnishNeighbours } from './rooms/neighbours.js';
import { furnishPeople } from './rooms/people.js';
import { furnishPost, MAIL } from './rooms/post.js';
import { furnishTrees } from './rooms/trees.js';

/** Everything that a cloud is made of, wired once. */
export type Rooms = ReturnType<typeof furnish>;

/** Builds every room on the foundation, each on those before it; nothing runs yet. */
export function furnish(base: Foundation) {
  const { config } = base;
  const publicOrigin = config.publicUrl.origin;
  const urls = { publicOrigin, storageBase: `${publicOrigin}${config.apiPrefix}` };
  const post = furnishPost(base);
  const halves = { ...post, ...furnishHalves(base, post, publicOrigin) };
  const { sendMail } = furnishMailing(base, halves);
  const people = furnishPeople(base, halves);
  const neighbours = { ...halves, ...furnishNeighbours(base, { ...halves, ...urls }) };
  const trees = furnishTrees(base, { ...neighbours, ...people });
  const joining = furnishJoining(base, { ...neighbours, ...urls });
  const below = { ...neighbours, ...joining, ...people, ...trees, ...urls };
  const upper = { ...furnishAgreements(base, below), ...furnishDesk(base, below), ...furnishCare(base, below) };
  const rooms = { ...base, ...below, ...upper };
  const courier = createCourier({ ...rooms, probe: (incomingId) => rooms.foreign.probe(incomingId) });
  const worker = createWorker({ ...rooms, handlers: { ...courier, [MAIL]: sendMail } });
  return { ...rooms, worker };
}
