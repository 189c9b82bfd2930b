import type { HeldLock, Item, LockWish } from '../../../files/index.js';
import { ROOT_ID, type ItemId } from '../../../kernel/index.js';
import type { DavCaller, DavInputs } from './ports.js';

/**
 * The items of other clouds that a change touches. Locks on items of this cloud are checked where files are written.
 */
export interface DavTouch {
  /** Files that get new content, and folders that gain or lose a member. */
  readonly items: readonly Item[];
  /** An item that is moved or removed with everything in it. */
  readonly whole?: Item;
  /** The tokens that were shown. */
  readonly tokens: readonly string[];
}

/** The locks of everything that a caller reaches, here and in other clouds alike (webdav.md 1.9). */
export class LockDesk {
  readonly #in: Pick<DavInputs, 'tree' | 'locks' | 'foreignLocks'>;
  readonly #caller: DavCaller;

  constructor(inputs: Pick<DavInputs, 'tree' | 'locks' | 'foreignLocks'>, caller: DavCaller) {
    this.#in = inputs;
    this.#caller = caller;
  }

  /** The locks that cover an item. */
  async on(item: Item): Promise<readonly HeldLock[]> {
    const { principal } = this.#caller;
    if (!isAbroad(item)) return this.#in.locks.on(principal, item.id);
    if (!(await this.#in.foreignLocks.holdsAny(principal, item.id))) return [];
    return this.#in.foreignLocks.on(principal, await this.#pathOf(item));
  }

  /** The locks that cover items of one folder, by their ids; those that none covers are left out. */
  async among(folder: Item, items: readonly Item[]): Promise<ReadonlyMap<ItemId, readonly HeldLock[]>> {
    const { principal } = this.#caller;
    const ids = items.map(({ id }) => id);
    const found = new Map<ItemId, readonly HeldLock[]>();
    if (!isAbroad(folder)) {
      for (const [id, locks] of await this.#in.locks.among(principal, folder.id, ids)) found.set(id, locks);
      // The tops of what others share are covered by locks of other trees.
      for (const item of items) if (item.isShareTop) found.set(item.id, await this.on(item));
      return found;
    }
    if (!(await this.#in.foreignLocks.holdsAny(principal, folder.id))) return found;
    return this.#in.foreignLocks.among(principal, await this.#pathOf(folder), ids);
  }

  /** Takes a lock. */
  async take(item: Item, wish: LockWish): Promise<HeldLock> {
    const { principal } = this.#caller;
    if (!isAbroad(item)) return this.#in.locks.take(principal, item.id, wish);
    const isFolder = item.kind === 'folder';
    return this.#in.foreignLocks.take(principal, await this.#pathOf(item), { ...wish, isFolder });
  }

  /** Throws what {@link take} would throw of something new in a folder. */
  async refuseNew(folder: Item, wish: LockWish): Promise<void> {
    const { principal } = this.#caller;
    if (!isAbroad(folder)) await this.#in.locks.refuseNew(principal, folder.id, wish);
    else await this.#in.foreignLocks.refuseNew(principal, await this.#pathOf(folder), wish);
  }

  /** Starts the time of a lock anew. */
  async refresh(item: Item, token: string, seconds: number | undefined): Promise<void> {
    const { principal } = this.#caller;
    if (!isAbroad(item)) await this.#in.locks.refresh(principal, item.id, token, seconds);
    else await this.#in.foreignLocks.refresh(principal, await this.#pathOf(item), token, seconds);
  }

  /** Gives a lock back. */
  async release(item: Item, token: string): Promise<void> {
    const { principal } = this.#caller;
    if (!isAbroad(item)) await this.#in.locks.release(principal, item.id, token);
    else await this.#in.foreignLocks.release(principal, await this.#pathOf(item), token);
  }

  /** Throws `locked` when a lock in another cloud is in the way of a change. Asks once where nothing there is locked. */
  async refuse({ items, whole, tokens }: DavTouch): Promise<void> {
    const { principal } = this.#caller;
    const { foreignLocks } = this.#in;
    for (const item of items) {
      if (!isAbroad(item) || !(await foreignLocks.holdsAny(principal, item.id))) continue;
      const gone = whole !== undefined && whole.id === item.id ? { whole: item.id } : {};
      await foreignLocks.refuse(principal, { tokens, paths: [await this.#pathOf(item)], ...gone });
    }
  }

  /** Ends the locks on what has gone from its place in another cloud. */
  async forget(item: Item): Promise<void> {
    const { id, parentId } = item;
    if (isAbroad(item)) await this.#in.foreignLocks.forget(this.#caller.principal, id, parentId ?? id);
  }

  /**
   * The ids of an item and of the folders around it, up to the mount. Only the other cloud knows them, so it is asked
   * for one after the other.
   */
  async #pathOf(item: Item): Promise<ItemId[]> {
    const path = [item.id];
    let at = item;
    while (!at.isShareTop && at.parentId !== null && at.parentId !== ROOT_ID) {
      at = await this.#in.tree.stat(this.#caller.principal, at.parentId);
      path.push(at.id);
    }
    return path;
  }
}

/** True for what lies in another cloud. */
export function isAbroad({ incomingId }: Item): boolean {
  return incomingId !== undefined;
}
