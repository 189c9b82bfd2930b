import {
  Failure,
  isFailure,
  itemIdOf,
  personOf,
  type AccountId,
  type Clock,
  type ItemId,
  type Principal,
} from '../../kernel/index.js';
import type { Queries, Transaction } from '../../platform/index.js';
import type { Access } from '../access/access.js';
import { coveringOf, dropLocks, locksAt, locksIn, seenOf, type IdPath } from './bindings.js';
import type { BindingRow, NewLock } from './lock-row.js';

/** Who wants to make a change, and with which lock tokens. */
export interface ChangeAsker {
  /** In the words of `actorOf`. */
  readonly actor: string;
  /**
   * Lock tokens that came with the request; each counts only for the holder of the lock. Undefined: the door knows no
   * tokens, and people are not held up by their own locks.
   */
  readonly tokens: readonly string[] | undefined;
}

/** What a change touches. */
export interface Touch {
  /** Whose tree it is in. */
  readonly tree: AccountId;
  /** Until when a lock in this tree can hold, as its account's row says; undefined: there is none. */
  readonly lockedUntil: number | undefined;
  readonly asker: ChangeAsker;
  /** The paths of the file that gets new content, and of each folder that gains or loses an item. */
  readonly places: readonly IdPath[];
  /** The top of what the asker has access to: folders above it are not named to them. null: the root. */
  readonly topId: ItemId | null;
}

/** A change that moves or removes an item with everything in it. */
export interface Departure extends Touch {
  readonly whole: ItemId;
}

/**
 * Checks every change of a tree against its binding locks (threat model DAV-03). A tree without one costs no query:
 * whether there can be one is stored in the row that a change has to lock anyway (docs/decisions/0034).
 */
export class LockGuard {
  readonly #access: Access;
  readonly #clock: Clock;

  constructor(inputs: { readonly access: Access; readonly clock: Clock }) {
    this.#access = inputs.access;
    this.#clock = inputs.clock;
  }

  /** Throws `locked` when a lock binds the asker; `facts.locked` then names the item that is locked. */
  async refuse(q: Queries, touch: Touch): Promise<void> {
    const now = this.#clock.now();
    if (!isLocked(touch, now)) return;
    const ids = new Set(touch.places.flat());
    const locks = await locksAt(q, touch.tree, [...ids], now);
    for (const place of touch.places) await this.#refuseAt(q, touch, place, locks);
  }

  /** {@link refuse} for an item that moves or goes away; checks the locks below it too, and ends them. */
  async release(trx: Transaction, touch: Departure): Promise<void> {
    const now = this.#clock.now();
    if (!isLocked(touch, now)) return;
    await this.refuse(trx, touch);
    const inside = await locksIn(trx, touch.tree, touch.whole, now);
    if (inside.length === 0) return;
    const ids = new Set(inside.flatMap(({ place }) => place));
    const locks = await locksAt(trx, touch.tree, [...ids], now);
    for (const { place } of inside) await this.#refuseAt(trx, touch, place, locks);
    await dropLocks(
      trx,
      inside.map(({ lock }) => lock),
    );
  }

  /**
   * Those of the given locks whose holder may still change the locked item: the others have no effect any more
   * (AUT-05).
   */
  async inForce(q: Queries, locks: readonly BindingRow[]): Promise<BindingRow[]> {
    const standing: BindingRow[] = [];
    for (const lock of locks) if (await this.#stands(q, lock)) standing.push(lock);
    return standing;
  }

  async #refuseAt(q: Queries, touch: Touch, place: IdPath, locks: readonly BindingRow[]): Promise<void> {
    const covering = coveringOf(locks, place);
    // The token of any one of several shared locks is enough: their holders have agreed to share.
    if (covering.some((lock) => isShown(lock, touch.asker))) return;
    const [binding] = await this.inForce(q, covering);
    if (binding !== undefined) throw locked(binding, place, touch.topId);
  }

  async #stands(q: Queries, lock: BindingRow): Promise<boolean> {
    const id = itemIdOf(lock.bound_id);
    try {
      await this.#access.ask(q, holderOf(lock, id), id, 'write');
      return true;
    } catch (error) {
      if (isFailure(error)) return false;
      throw error;
    }
  }
}

/** The refusal of a change that a lock forbids. */
export function locked(lock: NewLock, place: IdPath, topId: ItemId | null): Failure {
  const id = itemIdOf(lock.bound_id);
  const named = seenOf(place, topId).includes(id) ? id : (place[0] ?? id);
  const who = lock.home === null ? lock.user_name : `${lock.user_name}@${lock.home}`;
  const what = lock.is_folder ? 'has locked this folder' : 'has this file open';
  return new Failure('locked', `${who} ${what}.`, { facts: { locked: named } });
}

function isLocked({ lockedUntil }: Touch, now: number): boolean {
  return lockedUntil !== undefined && now <= lockedUntil;
}

function isShown({ actor, token }: BindingRow, asker: ChangeAsker): boolean {
  return actor === asker.actor && (asker.tokens?.includes(token) ?? true);
}

/** The holder of a lock, as the principal of a new request. */
function holderOf({ actor, tree }: BindingRow, id: ItemId): Principal {
  const accountId = personOf(actor);
  if (accountId !== undefined) return { kind: 'person', accountId };
  const grant = { grantId: actor.slice(actor.indexOf(':') + 1), ownerId: tree, folderId: id };
  return { kind: 'grant', ...grant, permission: 'read-write', expiresAt: undefined };
}
