import {
  actorOf,
  Failure,
  itemIdOf,
  notFound,
  ROOT_ID,
  type Clock,
  type ItemId,
  type Principal,
  type Random,
} from '../../kernel/index.js';
import type { Database, Queries, Transaction } from '../../platform/index.js';
import type { Access, Reached, ReachedHere } from '../access/access.js';
import { lockTree } from '../records/owner.js';
import {
  coveringOf,
  dropLocks,
  holdsLocks,
  locksAmong,
  locksAt,
  locksIn,
  noteLockedUntil,
  type IdPath,
} from './bindings.js';
import { desktopLock } from './desktop-locks.js';
import { LockGuard, locked } from './guard.js';
import { checkWish, excludes, heldOf, timesOf, type HeldLock, type LockWish, type ReachedPlace } from './held-lock.js';
import { isHeld, type BindingRow, type NewLock } from './lock-row.js';
import { newLock } from './new-lock.js';
import { refuseTooMany } from './numbers.js';

/** What {@link Locks} needs. */
export interface LocksInputs {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly access: Access;
  /** The name of this cloud, which desktops show beside the holder's. */
  readonly cloudName: string;
}

/**
 * Locks with tokens on files and folders of this cloud, binding for every door: until such a lock ends, nobody changes
 * what it covers without its token (threat model DAV-03; docs/decisions/0034 says which change needs which lock). Every
 * method throws `Failure` only: `not-found` for items that the asker must not learn of, `forbidden` for items that they
 * may not change.
 */
export class Locks {
  readonly #in: LocksInputs;
  readonly #guard: LockGuard;

  constructor(inputs: LocksInputs) {
    this.#in = inputs;
    this.#guard = new LockGuard(inputs);
  }

  /**
   * Takes a lock. Throws `locked` when it conflicts with another lock, including an open one of somebody else's
   * desktop; `quota` when there are too many locks of this person, on this item or in the cloud. Of two conflicting
   * locks at once, exactly one is taken.
   */
  async take(principal: Principal, id: ItemId, wish: LockWish): Promise<HeldLock> {
    checkWish(wish);
    return this.#change(principal, id, async (trx, reached, now) => {
      const lock = this.#rowOf(principal, reached, wish, now);
      await this.#refuseConflict(trx, reached, lock, now);
      await refuseTooMany(trx, lock, now);
      await trx('locks').insert(lock);
      return heldOf(lock, principal, placeOf(reached));
    });
  }

  /**
   * Throws what {@link take} would throw of something that is about to be made in a folder (RFC 4918 7.3): so nothing is made of
   * which no lock is taken then. Writes nothing.
   */
  async refuseNew(principal: Principal, folderId: ItemId, wish: LockWish): Promise<void> {
    checkWish(wish);
    const { database, access, clock } = this.#in;
    const [q, now] = [database.read, clock.now()];
    const { lineage, scope } = here(await access.ask(q, principal, folderId, 'write'));
    const around = (await locksAt(q, scope.ownerId, lineage.ids, now)).filter(({ is_deep: isDeep }) => Boolean(isDeep));
    const [other] = await this.#guard.inForce(q, around.filter(excludes(wish)));
    if (other !== undefined) throw locked(other, lineage.ids, scope.topId);
    await refuseTooMany(q, { actor: actorOf(principal) }, now);
  }

  /**
   * Restarts the time of the asker's own lock. Throws `precondition-failed` unless it covers this item and still holds.
   */
  async refresh(principal: Principal, id: ItemId, token: string, seconds?: number): Promise<HeldLock> {
    return this.#change(principal, id, async (trx, reached, now) => {
      const lock = await coveringHere(trx, reached, token, now);
      if (lock?.actor !== actorOf(principal)) throw new Failure('precondition-failed', 'There is no such lock here.');
      const times = timesOf(seconds, now);
      await trx('locks').where({ id: lock.id }).update(times);
      return heldOf({ ...lock, ...times }, principal, placeOf(reached));
    });
  }

  /**
   * Releases a lock, named at any item that it covers. Throws `conflict` when it does not cover this item, `forbidden`
   * when it is somebody else's.
   */
  async release(principal: Principal, id: ItemId, token: string): Promise<void> {
    await this.#change(principal, id, async (trx, reached, now) => {
      const lock = await coveringHere(trx, reached, token, now);
      if (lock === undefined) throw new Failure('conflict', 'There is no such lock here.');
      if (lock.actor !== actorOf(principal)) throw new Failure('forbidden', 'This lock is not yours.');
      await dropLocks(trx, [lock]);
    });
  }

  /**
   * Ends locks that cover an item, without their tokens: the asker's own ones, or all of them if the asker owns the
   * tree. It helps those who have lost a token, and owners whom others lock out of their own files. Answers how many.
   */
  async end(principal: Principal, id: ItemId): Promise<number> {
    return this.#change(principal, id, async (trx, { lineage, scope }, now) => {
      const covering = coveringOf(await locksAt(trx, scope.ownerId, lineage.ids, now), lineage.ids);
      const owns = principal.kind === 'person' && principal.accountId === scope.ownerId;
      const ended = covering.filter((lock) => owns || lock.actor === actorOf(principal));
      await dropLocks(trx, ended);
      return ended.length;
    });
  }

  /** The locks that cover an item, the oldest first; the token of each is for its holder only (threat model DAV-03). */
  async on(principal: Principal, id: ItemId): Promise<HeldLock[]> {
    const { database, access, clock } = this.#in;
    const q = database.read;
    const reached = await access.ask(q, principal, id, 'read');
    if (reached.kind === 'mount' || id === ROOT_ID) return [];
    const { scope, lineage } = requireLive(reached);
    const locks = await locksAt(q, scope.ownerId, lineage.ids, clock.now());
    const inForce = await this.#guard.inForce(q, coveringOf(locks, lineage.ids));
    return inForce.map((lock) => heldOf(lock, principal, placeOf(reached)));
  }

  /**
   * {@link on} for many items in one folder that the asker has just been shown there, by their ids: one question where nothing
   * in the tree is locked. Those that no lock covers are left out.
   */
  async among(principal: Principal, folderId: ItemId, ids: readonly ItemId[]): Promise<Map<ItemId, HeldLock[]>> {
    const { database, access, clock } = this.#in;
    const [q, now] = [database.read, clock.now()];
    const found = new Map<ItemId, HeldLock[]>();
    const reached = await access.ask(q, principal, folderId, 'read');
    if (reached.kind === 'mount') return found;
    const { ownerId } = reached.scope;
    const around = reached.lineage.ids;
    if (!(await holdsLocks(q, ownerId, now))) return found;
    const locks = await locksAmong(q, ownerId, [...ids, ...around], now);
    const inForce = await this.#guard.inForce(q, locks);
    for (const id of ids) {
      const covering = coveringOf(inForce, [id, ...around]);
      if (covering.length > 0)
        found.set(
          id,
          covering.map((lock) => heldOf(lock, principal, { ids: [id, ...around], topId: reached.scope.topId })),
        );
    }
    return found;
  }

  /**
   * Makes one change of the locks of a tree: checked and written in one transaction, under the lock of the tree
   * (AUT-07).
   */
  async #change<T>(
    principal: Principal,
    id: ItemId,
    work: (trx: Transaction, reached: ReachedHere, now: number) => Promise<T>,
  ): Promise<T> {
    const { database, access, clock } = this.#in;
    if (id === ROOT_ID) throw new Failure('forbidden', 'The root cannot be locked.');
    const { ownerId } = here(await access.ask(database.read, principal, id, 'write')).scope;
    return database.write(async (trx) => {
      await lockTree(trx, ownerId);
      const reached = requireLive(here(await access.ask(trx, principal, id, 'write')));
      const result = await work(trx, reached, clock.now());
      await noteLockedUntil(trx, ownerId);
      return result;
    }, ownerId);
  }

  /**
   * Checks the locks on the item and on the folders that contain it, and for a deep lock those below it. Two shared
   * locks do not conflict.
   */
  async #refuseConflict(trx: Transaction, { lineage, scope }: ReachedHere, lock: NewLock, now: number): Promise<void> {
    const around = coveringOf(await locksAt(trx, lock.tree, lineage.ids, now), lineage.ids);
    const inside = lock.is_deep && lock.is_folder ? await locksIn(trx, lock.tree, itemIdOf(lock.bound_id), now) : [];
    const places = new Map<BindingRow, IdPath>(around.map((other) => [other, lineage.ids]));
    for (const below of inside) places.set(below.lock, below.place);
    const others = [...places.keys()].filter(excludes({ isShared: Boolean(lock.is_shared) }));
    const [other] = await this.#guard.inForce(trx, others);
    if (other !== undefined) throw locked(other, places.get(other) ?? lineage.ids, scope.topId);
    await refuseDesktop(trx, lock, lineage.ids, now);
  }

  #rowOf(principal: Principal, { lineage, scope }: ReachedHere, wish: LockWish, now: number): NewLock {
    if (lineage.item === undefined) throw notFound();
    const { id, is_folder: isFolder } = lineage.item;
    const place = { bound_id: id, mount_id: null, around: null, tree: scope.ownerId, home: wish.home ?? null };
    return newLock(place, { ...wish, isFolder: Boolean(isFolder) }, { principal, now, ...this.#in });
  }
}

async function coveringHere(
  q: Queries,
  { lineage }: ReachedHere,
  token: string,
  now: number,
): Promise<BindingRow | undefined> {
  const lock: BindingRow | undefined = await q<BindingRow>('locks').where({ token }).first();
  return lock !== undefined && isHeld(lock, now) ? coveringOf([lock], lineage.ids)[0] : undefined;
}

function placeOf({ lineage, scope }: ReachedHere): ReachedPlace {
  return { ids: lineage.ids, topId: scope.topId };
}

/** An open desktop lock does not stop changes, but nobody else can take a binding lock on the file meanwhile. */
async function refuseDesktop(trx: Transaction, lock: NewLock, place: IdPath, now: number): Promise<void> {
  const desktop = await desktopLock(trx, itemIdOf(lock.bound_id));
  if (desktop === undefined || desktop.actor === lock.actor || !isHeld(desktop, now)) return;
  throw locked({ ...lock, user_name: desktop.user_name, home: desktop.home }, place, null);
}

/** Only items of this cloud can be locked here: the other cloud locks its own. */
function here(reached: Reached): ReachedHere {
  if (reached.kind === 'mount') throw new Failure('forbidden', 'What lies in another cloud cannot be locked here.');
  return reached;
}

function requireLive(reached: ReachedHere): ReachedHere {
  if (reached.lineage.item?.deleted_at !== null) throw notFound();
  return reached;
}
