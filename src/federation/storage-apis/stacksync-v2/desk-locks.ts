import type { ItemDesk } from '../../../desk/index.js';
import type { GivenLock, NodeKey, PassedLock } from '../../../files/index.js';
import {
  cutText,
  isFailure,
  MINUTE,
  SECOND,
  storageTime,
  type Clock,
  type FailureCode,
} from '../../../kernel/index.js';
import { workedOnThere } from '../../peer-call/foreign-answers.js';

/** What {@link DeskLocks} needs. */
export interface DeskLocksInputs {
  readonly clock: Clock;
  /** The comments and the lock of an item, kept at its cloud. */
  readonly desk: (key: NodeKey) => ItemDesk;
}

/** The name by which these locks are known there says nothing: they are named by their holder. */
const WORD = 'desk';

/** Longest that a desktop's lock may hold without being refreshed, minutes (stacksync-api-v2.md 8). */
const LONGEST = 24 * 60;

/**
 * Locks passed on to a cloud with the storage API, whose only locks are those of desktops (webdav.md 1.9). They tell its people
 * who has a file open, and keep them from a lock that binds; a change they do not refuse, so none is shown with ours.
 */
export class DeskLocks {
  readonly #in: DeskLocksInputs;

  constructor(inputs: DeskLocksInputs) {
    this.#in = inputs;
  }

  /** Takes the lock, or starts its time anew. A cloud that has not said that it keeps such locks is not asked. */
  async lock(key: NodeKey, lock: PassedLock): Promise<GivenLock | undefined> {
    if (!lock.keepsDesk) return undefined;
    const minutes = Math.min(LONGEST, Math.max(1, Math.ceil((lock.seconds * SECOND) / MINUTE)));
    try {
      await this.#in.desk(key).acquire({ ...this.#holder(lock), minutes });
    } catch (error) {
      if (isOneOf(error, ['forbidden', 'not-found'])) return undefined;
      throw isOneOf(error, ['invalid', 'conflict', 'locked']) ? workedOnThere(error) : error;
    }
    return { word: WORD, seconds: (minutes * MINUTE) / SECOND };
  }

  async unlock(key: NodeKey, lock: PassedLock): Promise<void> {
    try {
      await this.#in.desk(key).release(this.#holder(lock));
    } catch (error) {
      // Somebody else has it now, or the file is gone.
      if (!isOneOf(error, ['invalid', 'forbidden', 'not-found'])) throw error;
    }
  }

  #holder({ name, cloud, mark }: PassedLock) {
    // As desktops write a time: the storage API's form, to the second.
    const datetime = storageTime(this.#in.clock.now()).slice(0, 'YYYY-MM-DD hh:mm:ss'.length);
    return { user: short(name), cloud: short(cloud), ipserver: mark, datetime };
  }
}

/** Names longer than this are refused there, characters (stacksync-api-v2.md 8). */
function short(name: string): string {
  return cutText(name, { characters: 100 });
}

function isOneOf(error: unknown, codes: readonly FailureCode[]): boolean {
  return isFailure(error) && codes.includes(error.code);
}
