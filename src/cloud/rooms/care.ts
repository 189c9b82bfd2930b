import { QueueView } from '../../deliveries/index.js';
import { Doctor, Journal } from '../../doctor/index.js';
import { PeerEvents } from '../../peers/index.js';
import type { Foundation } from '../foundation.js';
import type { HalfRooms } from './halves.js';
import type { NeighbourRooms } from './neighbours.js';
import type { PostRooms } from './post.js';

/** Who looks at what does not work, and what was done about it. */
export function furnishCare(base: Foundation, below: PostRooms & HalfRooms & NeighbourRooms) {
  const queue = new QueueView(base);
  const peerEvents = new PeerEvents(base.clock);
  const storageTrouble = (): string | undefined => {
    const { ok, reason } = base.contents.health();
    return ok ? undefined : (reason ?? 'Writing failed.');
  };
  return {
    ...{ queue, peerEvents },
    doctor: new Doctor({ ...base, ...below, queue, peerEvents, storageTrouble }),
    journal: new Journal(base),
  };
}
