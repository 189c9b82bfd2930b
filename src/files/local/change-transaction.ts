import type { ContentStore } from '../../contents/index.js';
import type { AccountId, Clock, ItemId } from '../../kernel/index.js';
import { isUniqueViolation, type Database, type Queries, type Transaction } from '../../platform/index.js';
import { validators, type ContentColumns } from '../records/content-columns.js';
import type { ChangeOptions, NodeKey } from '../space/file-space.js';
import type { ItemRow, Scope } from '../records/item-rows.js';
import { insertItem, namesake } from '../records/items.js';
import type { Lineage } from '../records/lineage.js';
import { lineageOf } from '../places/local-places.js';
import type { LockGuard, Touch } from '../locks/guard.js';
import { lockUsage, type TreeState } from '../records/owner.js';
import * as placement from '../places/placement.js';
import { checkChange, refuseOtherContent } from '../space/preconditions.js';
import { earlierAnswer, keepReceipt, type Earlier, type Receipt } from '../records/receipts.js';
import type { Reservations } from '../records/reservations.js';
import type { AccessCheck } from '../access/access-check.js';
import type { OnRemoved, Trash } from '../trash/index.js';
import { refusal, type ChangeReason } from '../space/refusals.js';

/** What a space of this cloud's own files needs. */
export interface LocalInputs {
  readonly database: Database;
  readonly contents: ContentStore;
  /** Shared by all spaces of this process. */
  readonly reservations: Reservations;
  readonly clock: Clock;
  /** Bytes for accounts without a quota of their own; undefined: no limit. */
  readonly defaultQuota: number | undefined;
  readonly onRemoved: OnRemoved;
  readonly trash: Pick<Trash, 'keeping' | 'continue'>;
  readonly locks: LockGuard;
  readonly scope: Scope;
  readonly access: AccessCheck;
  /** The lineage of the requested item, if the access check of this request has just read it. */
  readonly known?: Lineage | undefined;
}

/** The lineage of the requested item, if it has been read. */
export type Known = Lineage | undefined;

/** What the transaction reads before the work of the change begins. */
export interface ReadBefore {
  readonly usage: TreeState;
  readonly known: Known;
}

/** The id of an item or folder that a change touches, with those of the folders that contain it, the nearest first. */
export type Touched = readonly ItemId[];

/** The work of one change inside its transaction; answers the changed row. */
export type ChangeWork = (trx: Transaction, found: ReadBefore) => Promise<ItemRow>;

/**
 * What every change of the local tree has in common: one transaction, the receipt of an Idempotency-Key, and the checks
 * of locks and of the folder.
 */
export class ChangeTransaction {
  readonly inputs: LocalInputs;
  readonly scope: Scope;

  constructor(inputs: LocalInputs) {
    this.inputs = inputs;
    this.scope = inputs.scope;
  }

  get ownerId(): AccountId {
    return this.scope.ownerId;
  }

  /** Milliseconds. */
  now(): number {
    return this.inputs.clock.now();
  }

  /**
   * Runs one change in one transaction: checks access there, gives a repeated request its earlier answer, and stores
   * the new answer. `sha256`: of the content that comes with the change, hex.
   */
  async commit(
    options: ChangeOptions,
    work: ChangeWork,
    { clash = 'name-taken', sha256 }: { clash?: ChangeReason; sha256?: string } = {},
  ): Promise<ItemRow> {
    const { database, access, defaultQuota } = this.inputs;
    const run = async (trx: Transaction): Promise<ItemRow> => {
      const usage = await lockUsage(trx, this.ownerId, defaultQuota);
      const known = await access.may(trx, 'write');
      const repeated = await this.earlier(trx, options);
      if (repeated !== undefined) {
        if (sha256 !== undefined) refuseOtherContent(repeated.sha256, sha256);
        return repeated.row;
      }
      options.signal?.throwIfAborted();
      const row = await work(trx, { usage, known });
      await this.#remember(trx, options, row);
      return row;
    };
    try {
      return await database.write(run, this.ownerId);
    } catch (error) {
      // In a race that the checks above did not see, the unique index decides.
      throw isUniqueViolation(error) ? refusal(clash) : error;
    }
  }

  /** How this request was answered before; undefined when it is the first with its Idempotency-Key. */
  async earlier(q: Queries, options: ChangeOptions): Promise<Earlier | undefined> {
    const receipt = this.#receipt(options);
    return receipt === undefined ? undefined : earlierAnswer(q, receipt, this.now());
  }

  /**
   * Throws `locked` when a lock of others, or a lock whose token is missing, covers one of these items. Costs no query
   * unless there can be a lock in the tree.
   */
  async refuseLocked(
    q: Queries,
    options: ChangeOptions,
    { lockedUntil }: Pick<TreeState, 'lockedUntil'>,
    places: readonly Touched[],
  ): Promise<void> {
    await this.inputs.locks.refuse(q, this.#touch(options, lockedUntil, places));
  }

  /** {@link refuseLocked} for an item that moves or goes away with everything in it; ends the locks on those. */
  async releaseLocks(
    trx: Transaction,
    options: ChangeOptions,
    { lockedUntil }: Pick<TreeState, 'lockedUntil'>,
    places: readonly [Touched, ...Touched[]],
  ): Promise<void> {
    const [whole] = places[0];
    if (whole !== undefined)
      await this.inputs.locks.release(trx, { ...this.#touch(options, lockedUntil, places), whole });
  }

  /** The folder that an item is put into. `ofFile`: the reason to give when it is a file. */
  async parent(q: Queries, key: NodeKey, ofFile: ChangeReason, known?: Known): Promise<Lineage> {
    const parent = await lineageOf(q, this.scope, key, known);
    placement.requireFolder(parent, ofFile);
    return parent;
  }

  /** Checks the conditions of a new item against an existing item of the same name. */
  async checkAbsent(q: Queries, parent: Lineage, name: string, { conditions }: ChangeOptions): Promise<void> {
    if (conditions === undefined) return;
    const found = await this.childOf(q, parent, name);
    checkChange(conditions, found === undefined ? undefined : validators(found));
  }

  /** The live item with this name in a folder. */
  async childOf(q: Queries, parent: Lineage, name: string): Promise<ItemRow | undefined> {
    return namesake(q, { ownerId: this.ownerId, parentId: parent.id }, name);
  }

  /** Inserts an item; the caller has checked that the name is free. `content_at`: default now. */
  async insert(
    trx: Transaction,
    parent: Lineage,
    name: string,
    what: ContentColumns &
      Pick<ItemRow, 'is_folder'> &
      Partial<Pick<ItemRow, 'content_at' | 'staged_at' | 'below_bytes'>>,
  ): Promise<ItemRow> {
    const now = this.now();
    const times = { modified_at: now, content_at: now, created_at: now };
    return insertItem(trx, parent, { owner_id: this.ownerId, name, status: 'NEW', version: 1, ...times, ...what });
  }

  #touch({ lockTokens: tokens }: ChangeOptions, lockedUntil: number | undefined, places: readonly Touched[]): Touch {
    const asker = { actor: this.inputs.access.actor, tokens };
    return { tree: this.ownerId, lockedUntil, asker, places, topId: this.scope.topId };
  }

  async #remember(trx: Transaction, options: ChangeOptions, row: ItemRow): Promise<void> {
    const receipt = this.#receipt(options);
    if (receipt !== undefined) await keepReceipt(trx, receipt, row, this.now());
  }

  #receipt({ receipt }: ChangeOptions): Receipt | undefined {
    return receipt === undefined ? undefined : { actor: this.inputs.access.actor, ...receipt };
  }
}
