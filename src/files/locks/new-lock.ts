import { actorOf, randomUuid, storageTime, type Principal, type Random } from '../../kernel/index.js';
import { timesOf, type LockWish } from './held-lock.js';
import type { NewLock } from './lock-row.js';

/** What is locked, and whose cloud the holder comes from: what differs between items of this cloud and of others. */
export type LockPlace = Pick<NewLock, 'bound_id' | 'mount_id' | 'around' | 'tree' | 'home'>;

/** Who takes a lock, and what the row takes from this cloud; `now` in milliseconds. */
export interface LockMaker {
  readonly principal: Principal;
  readonly cloudName: string;
  readonly random: Random;
  readonly now: number;
}

/** A binding lock under a new token, not inserted yet. */
export function newLock(place: LockPlace, wish: LockWish & { readonly isFolder: boolean }, maker: LockMaker): NewLock {
  const { principal, cloudName, random, now } = maker;
  const uuid = randomUuid(random);
  return {
    item_id: null,
    ...place,
    token: `urn:uuid:${uuid}`,
    is_shared: wish.isShared,
    is_deep: wish.isDeep,
    is_folder: wish.isFolder,
    note: wish.note,
    actor: actorOf(principal),
    user_name: wish.name,
    cloud: cloudName,
    ipserver: `webdav:${uuid.slice(0, 8)}`,
    // As desktops write a time: the storage API's form, to the second.
    datetime: storageTime(now).slice(0, 'YYYY-MM-DD hh:mm:ss'.length),
    is_open: true,
    ...timesOf(wish.seconds, now),
  };
}
