import {
  actorOf,
  invalid,
  itemIdOf,
  MINUTE,
  personOf,
  SECOND,
  type AccountId,
  type ItemId,
  type Principal,
} from '../../kernel/index.js';
import { seenOf, type IdPath } from './bindings.js';
import type { NewLock } from './lock-row.js';

/** Most bytes of {@link LockWish.note}. */
const MAX_NOTE = 1024;

/** Seconds for which a lock holds: unless its holder says, at least, and at most. */
const SECONDS = { usual: 30 * 60, least: 60, most: 24 * 60 * 60 } as const;

/** A lock that somebody asks for. */
export interface LockWish {
  /** Others may hold a shared lock of their own beside it; whoever holds one may change what it covers. */
  readonly isShared: boolean;
  /**
   * For folders: true covers everything in the folder at any depth; false covers only adding and removing its direct
   * children. For files there is no difference, but it is told as it was asked for.
   */
  readonly isDeep: boolean;
  /** The holder's name as other people are told it. */
  readonly name: string;
  /** The cloud that they come from; absent: this one. */
  readonly home?: string;
  /** The holder's message to others (RFC 4918 `DAV:owner`), XML of at most 1,024 bytes; may be empty. */
  readonly note: string;
  /** Seconds for which it should hold, moved into the range from 60 seconds to 24 hours. Default: half an hour. */
  readonly seconds?: number;
}

/** A lock that holds, as one asker may see it. */
export interface HeldLock extends Omit<LockWish, 'seconds' | 'home'> {
  readonly home: string | undefined;
  /** The locked item; undefined: a folder above everything that the asker may know of. */
  readonly itemId: ItemId | undefined;
  /** `urn:uuid:…`, for its holder's eyes only (threat model DAV-03). */
  readonly token: string | undefined;
  /** Who holds it; undefined: somebody with the grant of another cloud. */
  readonly holderId: AccountId | undefined;
  /** When it was taken, or last refreshed, milliseconds. */
  readonly heldAt: number;
  /** The last millisecond in which it holds. */
  readonly endsAt: number;
}

/** Throws `invalid` for a wish that cannot be stored. */
export function checkWish({ note }: LockWish): void {
  if (Buffer.byteLength(note) > MAX_NOTE)
    throw invalid(`What is said of a lock has at most ${String(MAX_NOTE)} bytes.`);
}

/** Whether a lock stands in the way of another one: two shared ones do not conflict. */
export function excludes({ isShared }: Pick<LockWish, 'isShared'>): (other: Pick<NewLock, 'is_shared'>) => boolean {
  return ({ is_shared: isOther }) => !(isShared && Boolean(isOther));
}

/** The columns of the times of a lock that is taken or refreshed now, for the given seconds or the usual time. */
export function timesOf(wanted: number = SECONDS.usual, now: number) {
  const seconds = Math.min(SECONDS.most, Math.max(SECONDS.least, Number.isNaN(wanted) ? SECONDS.usual : wanted));
  const millis = Math.floor(seconds) * SECOND;
  return { touched_at: now, minutes: Math.ceil(millis / MINUTE), ends_at: now + millis };
}

/** A place that an asker has reached, and the top of what they reach it through; null: the root. */
export interface ReachedPlace {
  readonly ids: IdPath;
  readonly topId: ItemId | null;
}

/** A lock as an asker sees it who has access to an item that it covers. */
export function heldOf(lock: NewLock, principal: Principal, { ids, topId }: ReachedPlace): HeldLock {
  const id = itemIdOf(lock.bound_id);
  return {
    itemId: seenOf(ids, topId).includes(id) ? id : undefined,
    token: lock.actor === actorOf(principal) ? lock.token : undefined,
    holderId: personOf(lock.actor),
    heldAt: lock.touched_at,
    isShared: Boolean(lock.is_shared),
    isDeep: Boolean(lock.is_deep),
    name: lock.user_name,
    home: lock.home ?? undefined,
    note: lock.note ?? '',
    endsAt: lock.ends_at,
  };
}
