export { askedBy, askedUntil, Asker, askerNow, askerOf, OWN_WORK, noteAsker } from './asker.js';
export { turnOfLoop, turnOfRequest } from './event-loop.js';
export { Lanes } from './lanes.js';
export { Turns, type Release, type TurnsOptions } from './turns.js';
export { lendInTurn } from './fair-pool.js';
