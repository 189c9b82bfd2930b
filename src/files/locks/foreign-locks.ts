import { actorOf, Failure, itemIdOf, type ItemId, type Principal } from '../../kernel/index.js';
import type { Queries, Transaction } from '../../platform/index.js';
import type { ReachedAbroad } from '../access/access.js';
import type { Namer } from '../records/foreign-ids.js';
import { lockTree } from '../records/owner.js';
import { coveringOf, noteLockedUntil, type IdPath } from './bindings.js';
import { locked } from './guard.js';
import { checkWish, excludes, heldOf, timesOf, type HeldLock, type LockWish } from './held-lock.js';
import type { BindingRow, NewLock } from './lock-row.js';
import type { LocksInputs } from './locks.js';
import { newLock } from './new-lock.js';
import { refuseTooMany } from './numbers.js';
import { endLocks, lockedThere, PassedOnLocks, type PassingInputs } from './passing-on.js';

/** What is kept here about items of other clouds: their ids are not given up meanwhile. */
export const ITEM_KEEPERS: readonly Namer[] = [
  { table: 'locks', column: 'bound_id' },
  { table: 'foreign_properties', column: 'item_id' },
  { table: 'staged_abroad', column: 'item_id' },
  { table: 'staged_abroad', column: 'parent_id' },
];

/** Something that is changed in another cloud. */
export interface ForeignTouch {
  /** The tokens that were shown. */
  readonly tokens: readonly string[];
  /** What gets other content, and each folder that gains or loses something; all behind one mount. */
  readonly paths: readonly IdPath[];
  /** What moves or goes away with everything in it; absent: nothing does. */
  readonly whole?: ItemId;
}

/** What {@link ForeignLocks} needs. */
export type ForeignLocksInputs = LocksInputs & PassingInputs;

/**
 * Locks with tokens on files and folders of another cloud, for the one person who sees them here. They bind that person's
 * programs at doors that know tokens; whoever reaches those files elsewhere is bound by that cloud's own, and an exclusive
 * lock on a file is passed on to it (docs/decisions/0042). Nobody here knows which folders contain such an item, so every path comes from the caller: the item,
 * then the folders around it up to the mount. Every method throws `Failure` only, as {@link Locks} does.
 */
export class ForeignLocks {
  readonly #in: LocksInputs;
  readonly #passedOn: PassedOnLocks;

  constructor(inputs: ForeignLocksInputs) {
    this.#in = inputs;
    this.#passedOn = new PassedOnLocks(inputs);
  }

  /** Takes a lock; `locked` and `quota` as for an item of this cloud, `locked` also when somebody there holds one. */
  async take(principal: Principal, path: IdPath, wish: LockWish & { readonly isFolder: boolean }): Promise<HeldLock> {
    checkWish(wish);
    const { lock, place } = await this.#change(principal, path, async (trx, reached, now) => {
      const { mount } = reached;
      const row = this.#rowOf(principal, mount, path, { wish, now });
      const others = await locksOf(trx, mount.id, now);
      const clashes = [...coveringOf(others, path), ...(row.is_deep ? insideOf(others, path[0]) : [])];
      const [clash] = clashes.filter(excludes(wish));
      if (clash !== undefined) throw locked(clash, pathOf(clash), null);
      await refuseTooMany(trx, row, now);
      await trx('locks').insert(row);
      return { lock: row, place: reached };
    });
    if (await this.#passedOn.take(place, lock)) return heldAlong(lock, principal, path);
    await this.#takeBack(lock);
    throw lockedThere(itemIdOf(lock.bound_id));
  }

  /** See {@link Locks.refuseNew}; `path`: of the folder. */
  async refuseNew(principal: Principal, path: IdPath, wish: LockWish): Promise<void> {
    checkWish(wish);
    const { database, clock } = this.#in;
    const [id] = path;
    const locks = id === undefined ? [] : await this.#all(principal, id);
    const around = coveringOf(locks, path).filter(({ is_deep: isDeep }) => Boolean(isDeep));
    const [clash] = around.filter(excludes(wish));
    if (clash !== undefined) throw locked(clash, pathOf(clash), null);
    await refuseTooMany(database.read, { actor: actorOf(principal) }, clock.now());
  }

  /** See {@link Locks.refresh}. */
  async refresh(principal: Principal, path: IdPath, token: string, seconds?: number): Promise<HeldLock> {
    const { lock, place } = await this.#change(principal, path, async (trx, reached, now) => {
      const held = coveringOf(await locksOf(trx, reached.mount.id, now), path).find((each) => each.token === token);
      if (held?.actor !== actorOf(principal)) throw new Failure('precondition-failed', 'There is no such lock here.');
      const times = timesOf(seconds, now);
      await trx('locks').where({ id: held.id }).update(times);
      return { lock: { ...held, ...times }, place: reached };
    });
    await this.#passedOn.refresh(place, lock);
    return heldAlong(lock, principal, path);
  }

  /** See {@link Locks.release}. */
  async release(principal: Principal, path: IdPath, token: string): Promise<void> {
    await this.#end(principal, path, (locks) => {
      const lock = coveringOf(locks, path).find((each) => each.token === token);
      if (lock === undefined) throw new Failure('conflict', 'There is no such lock here.');
      return [lock];
    });
  }

  /** Whether anything behind the mount of an item is locked. */
  async holdsAny(principal: Principal, id: ItemId): Promise<boolean> {
    return (await this.#all(principal, id)).length > 0;
  }

  /** The locks that cover an item, the oldest first. */
  async on(principal: Principal, path: IdPath): Promise<HeldLock[]> {
    const [id] = path;
    return id === undefined ? [] : heldOn(await this.#all(principal, id), principal, path);
  }

  /** {@link on} for many items in one folder, by their ids, with one question; `around`: the path of the folder. */
  async among(principal: Principal, around: IdPath, ids: readonly ItemId[]): Promise<Map<ItemId, HeldLock[]>> {
    const found = new Map<ItemId, HeldLock[]>();
    const [folderId] = around;
    const locks = folderId === undefined ? [] : await this.#all(principal, folderId);
    for (const id of ids) {
      const held = heldOn(locks, principal, [id, ...around]);
      if (held.length > 0) found.set(id, held);
    }
    return found;
  }

  /** Throws `locked` when a lock whose token is not shown covers what is touched, or lies in what goes away. */
  async refuse(principal: Principal, { tokens, paths, whole }: ForeignTouch): Promise<void> {
    const [first] = paths.flat();
    if (first === undefined) return;
    const locks = await this.#all(principal, first);
    const places = [...paths, ...insideOf(locks, whole).map(pathOf)];
    for (const path of places) {
      const covering = coveringOf(locks, path);
      const [other] = covering;
      if (other !== undefined && !covering.some(({ token }) => tokens.includes(token))) throw locked(other, path, null);
    }
  }

  /**
   * Ends the locks on an item that has moved or gone, and on everything in it. `around`: the folder that held it; what has gone
   * cannot be reached itself any more.
   */
  async forget(principal: Principal, id: ItemId, around: ItemId): Promise<void> {
    if (await this.holdsAny(principal, around)) await this.#end(principal, [around], (locks) => insideOf(locks, id));
  }

  /** Gives back what has ended here and is still held in other clouds; answers how many. To be called now and then. */
  giveBackOver(): Promise<number> {
    return this.#passedOn.giveBackOver();
  }

  /** Ends locks here, then in the cloud of the file. */
  async #end(principal: Principal, path: IdPath, which: (locks: readonly BindingRow[]) => BindingRow[]): Promise<void> {
    const { mount, ended } = await this.#change(principal, path, async (trx, reached, now) => {
      const locks = which(await locksOf(trx, reached.mount.id, now));
      return { mount: reached.mount, ended: await endLocks(trx, locks, now) };
    });
    await this.#passedOn.giveBack(mount, ended);
  }

  /** Takes back a lock that the other cloud has refused. */
  async #takeBack({ token, tree }: NewLock): Promise<void> {
    await this.#in.database.write(async (trx) => {
      await lockTree(trx, tree);
      await trx('locks').where({ token }).delete();
      await noteLockedUntil(trx, tree);
    }, tree);
  }

  async #all(principal: Principal, id: ItemId): Promise<BindingRow[]> {
    const { database, access, clock } = this.#in;
    const reached = await access.ask(database.read, principal, id, 'read');
    return reached.kind === 'mount' ? locksOf(database.read, reached.mount.id, clock.now()) : [];
  }

  async #change<T>(
    principal: Principal,
    [id]: IdPath,
    work: (trx: Transaction, reached: ReachedAbroad, now: number) => Promise<T>,
  ): Promise<T> {
    const { database, access, clock } = this.#in;
    const ask = async (q: Queries): Promise<ReachedAbroad> => {
      const reached = id === undefined ? undefined : await access.ask(q, principal, id, 'write');
      if (reached?.kind !== 'mount') throw new Failure('forbidden', 'This is not in another cloud.');
      return reached;
    };
    const tree = (await ask(database.read)).mount.accountId;
    return database.write(async (trx) => {
      await lockTree(trx, tree);
      const result = await work(trx, await ask(trx), clock.now());
      await noteLockedUntil(trx, tree);
      return result;
    }, tree);
  }

  #rowOf(
    principal: Principal,
    mount: ReachedAbroad['mount'],
    [id = mount.id, ...around]: IdPath,
    { wish, now }: { readonly wish: LockWish & { readonly isFolder: boolean }; readonly now: number },
  ): NewLock {
    const where = { bound_id: id, mount_id: mount.id, around: around.join(' ') };
    return newLock({ ...where, tree: mount.accountId, home: null }, wish, { principal, now, ...this.#in });
  }
}

/** A lock as its path shows it; all of it is seen, by the one person who sees the mount. */
function heldAlong(lock: NewLock, principal: Principal, path: IdPath): HeldLock {
  return heldOf(lock, principal, { ids: path, topId: null });
}

/** Those of some locks that cover what a path leads to. */
function heldOn(locks: readonly BindingRow[], principal: Principal, path: IdPath): HeldLock[] {
  return coveringOf(locks, path).map((lock) => heldAlong(lock, principal, path));
}

/** Binding locks behind a mount that hold now; there are few. */
async function locksOf(q: Queries, mountId: ItemId, now: number): Promise<BindingRow[]> {
  return q<BindingRow>('locks')
    .where({ mount_id: mountId })
    .whereNotNull('bound_id')
    .where('ends_at', '>=', now)
    .orderBy('id')
    .select('*');
}

/** The item of a lock, then the folders that contained it when it was taken. */
function pathOf({ bound_id: id, around }: NewLock): IdPath {
  return [itemIdOf(id), ...(around ?? '').split(' ').filter(Boolean).map(itemIdOf)];
}

function insideOf(locks: readonly BindingRow[], id: ItemId | undefined): BindingRow[] {
  return id === undefined ? [] : locks.filter((lock) => pathOf(lock).includes(id));
}
