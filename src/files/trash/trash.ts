import { actorOf, DAY, isFailure, notFound, type AccountId, type Clock, type ItemId } from '../../kernel/index.js';
import type { Database, Log, Transaction } from '../../platform/index.js';
import type { LockGuard } from '../locks/guard.js';
import { lockUsage, usageOf, type TreeState, type Usage } from '../records/owner.js';
import { thinDueVersions, type ThinningRule } from '../versions/index.js';
import { AT_ONCE } from './below.js';
import { fillEntry, type OnRemoved } from './discard.js';
import { entriesOf, lockEntry, type EntryCursor, type TrashEntry, type TrashRow } from './entries.js';
import { condemn, eraseEntry, eraseTree, type OnErased } from './erase.js';
import { homeOf, land, reviveAtOnce, reviveContents, type Restored } from './restore.js';

/** Entries that one query of a round takes. */
const ROUND = 100;

/** How long deleted items and older versions are kept. */
export interface Keeping {
  /** Days for which deleted items can be restored (`FOOTBRIDGE_TRASH_DAYS`). */
  readonly trashDays: number;
  readonly thinning: ThinningRule;
}

/** What {@link Trash} needs. */
export interface TrashInputs {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Pick<Log, 'error' | 'info'>;
  readonly keeping: Keeping;
  /** Bytes for accounts without a quota of their own; undefined: no limit. */
  readonly defaultQuota: number | undefined;
  readonly onRemoved: OnRemoved;
  readonly onErased: OnErased;
  readonly locks: LockGuard;
}

/** The result of a restoration: where to, or that it is still under way because the folder is large. */
export type Restoration = Restored | 'under-way';

/** What one round of {@link Trash.tend} did. */
export interface Tended {
  /** Entries that were erased because their days were over. */
  readonly expired: number;
  /** Older versions that were thinned out. */
  readonly versions: number;
}

/** What people deleted: lists and restores it, and erases it when its days are over. */
export class Trash {
  readonly #in: TrashInputs;
  readonly #running = new Map<ItemId, Promise<void>>();

  constructor(inputs: TrashInputs) {
    this.#in = inputs;
  }

  /** How long things are kept. */
  get keeping(): Keeping {
    return this.#in.keeping;
  }

  /**
   * The entries that can be restored, the newest first, at most `limit`; `after` is the last one of the page before.
   */
  async list(ownerId: AccountId, limit: number, after?: EntryCursor): Promise<TrashEntry[]> {
    return entriesOf(this.#in.database.read, ownerId, limit, after);
  }

  /** The bytes that a person's files, older versions and trash take; their sum counts against the quota. */
  async usage(ownerId: AccountId): Promise<Usage> {
    return usageOf(this.#in.database.read, ownerId, this.#in.defaultQuota);
  }

  /**
   * Restores an entry completely to where it was, or to the root; where its name is taken it gets a number. Shares that
   * ended stay ended. Throws `not-found` for an entry that is not in this person's trash, `locked` when somebody has
   * locked the folder to restore it to.
   */
  async restore(ownerId: AccountId, id: ItemId): Promise<Restoration> {
    await this.#settledEntry(ownerId, id);
    const now = this.#in.clock.now();
    const outcome = await this.#in.database.write(async (trx): Promise<Restoration> => {
      const { entry, state } = await this.#lock(trx, ownerId, id);
      await this.#refuseLocked(trx, entry, state);
      if (entry.items > AT_ONCE + 1) {
        await trx('trash').where({ item_id: id }).update({ state: 'restoring' });
        return 'under-way';
      }
      await reviveAtOnce(trx, entry, now);
      return land(trx, entry, now);
    });
    if (outcome === 'under-way') void this.continue(id);
    return outcome;
  }

  /**
   * Erases an entry for good; it no longer counts. Throws `not-found` for an entry that is not in this person's trash.
   */
  async erase(ownerId: AccountId, id: ItemId): Promise<void> {
    await this.#settledEntry(ownerId, id);
    const entry = await this.#in.database.write(async (trx) => {
      const found = await this.#lock(trx, ownerId, id);
      await condemn(trx, found.entry);
      return found.entry;
    });
    const work = this.continue(id);
    if (entry.items <= AT_ONCE + 1) await work;
  }

  /** Erases everything in a person's trash for good; answers how many entries. */
  async empty(ownerId: AccountId): Promise<number> {
    let erased = 0;
    let after: EntryCursor | undefined;
    for (;;) {
      const page = await this.list(ownerId, ROUND, after);
      for (const { id } of page) await this.erase(ownerId, id).catch(unlessGone);
      erased += page.length;
      after = page[ROUND - 1];
      if (after === undefined) return erased;
    }
  }

  /** Erases every file of an account, live and deleted, for good, once its person was removed long enough ago. */
  async eraseTree(ownerId: AccountId): Promise<void> {
    await eraseTree(this.#in.database, ownerId, this.#in.onErased);
  }

  /**
   * The regular work: erases entries whose days are over, thins out older versions, and continues what a crash
   * interrupted. Safe on several replicas at once.
   */
  async tend(): Promise<Tended> {
    const { database, clock, keeping } = this.#in;
    const now = clock.now();
    const expired = await this.#expire(now - keeping.trashDays * DAY);
    const atWork = await database.read<TrashRow>('trash').whereNot({ state: 'kept' }).select('item_id');
    for (const { item_id } of atWork) await this.continue(String(item_id) as ItemId);
    const versions = await thinDueVersions(database, now, keeping.thinning);
    return { expired, versions };
  }

  /** Continues the work on a large entry in the background; the promise never rejects. */
  continue(id: ItemId): Promise<void> {
    const running = this.#running.get(id) ?? this.#goOn(id).finally(() => this.#running.delete(id));
    this.#running.set(id, running);
    return running;
  }

  /** Resolves when nothing is under way in the background. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running.values());
  }

  async #goOn(id: ItemId): Promise<void> {
    const { database, clock, log, onRemoved, onErased } = this.#in;
    try {
      const entry = await database.read<TrashRow>('trash').where({ item_id: id }).first();
      if (entry?.state === 'filling') await fillEntry(database, entry, onRemoved);
      if (entry?.state === 'erasing') await eraseEntry(database, entry, onErased);
      if (entry?.state === 'restoring') await this.#bringBack(entry, clock.now());
    } catch (error) {
      // The next round of `tend` tries it again.
      log.error({ err: error, item: id }, 'an entry of the trash could not be seen to');
    }
  }

  async #bringBack(entry: TrashRow, now: number): Promise<void> {
    await reviveContents(this.#in.database, entry, now);
    await this.#in.database.write(async (trx) => {
      const state = await lockUsage(trx, entry.owner_id, this.#in.defaultQuota);
      const found = await trx<TrashRow>('trash').where({ item_id: entry.item_id, state: 'restoring' }).first();
      if (found === undefined) return;
      const isOpen = await this.#refuseLocked(trx, found, state).then(() => true, unlessLocked);
      await land(trx, found, now, isOpen);
    });
  }

  /** Throws `locked` when somebody has locked the folder that an entry would be restored to. */
  async #refuseLocked(trx: Transaction, entry: TrashRow, { lockedUntil }: TreeState): Promise<void> {
    if (lockedUntil === undefined) return;
    const { owner_id: tree } = entry;
    const home = await homeOf(trx, entry);
    const asker = { actor: actorOf({ kind: 'person', accountId: tree }), tokens: undefined };
    await this.#in.locks.refuse(trx, { tree, lockedUntil, asker, places: [home?.ids ?? []], topId: null });
  }

  async #expire(before: number): Promise<number> {
    let expired = 0;
    for (;;) {
      const over = await this.#in.database
        .read<TrashRow>('trash')
        .where('trashed_at', '<=', before)
        .where({ state: 'kept' })
        .orderBy('trashed_at')
        .limit(ROUND);
      for (const entry of over) {
        await this.erase(entry.owner_id, String(entry.item_id) as ItemId).catch(unlessGone);
      }
      expired += over.length;
      if (over.length < ROUND) return expired;
    }
  }

  /** Waits for background work on an entry, which can be restored or erased only as a whole. */
  async #settledEntry(ownerId: AccountId, id: ItemId): Promise<void> {
    const row = await this.#in.database
      .read<TrashRow>('trash')
      .where({ item_id: id, owner_id: ownerId })
      .first('state');
    if (row !== undefined && row.state !== 'kept') await this.continue(id);
  }

  async #lock(
    trx: Transaction,
    ownerId: AccountId,
    id: ItemId,
  ): Promise<{ readonly entry: TrashRow; readonly state: TreeState }> {
    const state = await lockUsage(trx, ownerId, this.#in.defaultQuota);
    const entry = await lockEntry(trx, ownerId, id);
    if (entry?.state !== 'kept') throw notFound('This is not in the trash.');
    return { entry, state };
  }
}

function unlessLocked(error: unknown): false {
  if (!isFailure(error, 'locked')) throw error;
  return false;
}

function unlessGone(error: unknown): void {
  if (!isFailure(error, 'not-found')) throw error;
}
