import { Failure } from '../kernel/index.js';
import { Turns } from '../platform/index.js';

/** Passwords are hashed on the four threads that also read and write files; two are left for files. */
const AT_ONCE = 2;
/** Most that wait in all; the next is for one client. */
const WAITING = 64;
const WAITING_OF_ONE = 8;

/**
 * Turns for hashing passwords, which anybody may ask for (threat model DOS-07): two at once, and clients take turns, so
 * that one who asks for many holds up nobody else. Beyond eight of one client, or 64 in all, the asker is told
 * `too-many` at once.
 */
export class HashQueue {
  readonly #turns = new Turns({
    atOnce: AT_ONCE,
    each: AT_ONCE,
    waiting: WAITING_OF_ONE,
    inAll: WAITING,
    crowded: tooMany,
  });

  /** Does `work` when it is the turn of `client`. */
  async inTurn<T>(client: string, work: () => Promise<T>): Promise<T> {
    return this.#turns.during(work, client);
  }
}

function tooMany(): Failure {
  return new Failure('too-many', 'Too many people are signing in. Try again in a few seconds.', { retryAfter: 5 });
}
