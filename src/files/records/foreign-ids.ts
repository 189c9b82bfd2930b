import type { Knex } from 'knex';
import { DAY, itemIdOf, type Clock, type ItemId } from '../../kernel/index.js';
import {
  beginsWith,
  inPieces,
  longWork,
  RowMemory,
  type Database,
  type Queries,
  type Transaction,
} from '../../platform/index.js';
import type { NodeKey } from '../space/file-space.js';
import { forgetSnapshotsOf } from '../snapshots/snapshots.js';
import { newIds } from './item-ids.js';

/** Keys asked about or inserted in one statement: some milliseconds of SQLite. */
const BATCH = 400;

/** Most keys whose ids are kept in memory until the next commit. */
const MOST_KNOWN = 20_000;

/** Most ids of a mount that no other table refers to (ruling F-67). */
const MOST_UNNAMED = 100_000;

/**
 * Ids deleted in one transaction, which holds the event loop: twice as many as it may add, so that any excess shrinks.
 */
const MOST_GIVEN_UP = 2 * BATCH;

/**
 * How old the stored time may be at which an item was last seen, so that listing a folder again mostly writes nothing.
 */
const SEEN_WITHIN = DAY;

interface ForeignRow {
  id: number | string;
  mount_id: ItemId;
  key: NodeKey;
  seen_at: number;
}

/** A column that refers to items: an id in it is never deleted. */
export interface Namer {
  readonly table: string;
  readonly column: string;
}

/** What {@link ForeignIds} needs. */
export interface ForeignIdsInputs {
  readonly database: Database;
  readonly clock: Clock;
  readonly namers?: readonly Namer[] | undefined;
  /** Most ids of a mount that no other table refers to. */
  readonly most?: number;
}

/**
 * Maps the keys of a mount's file space to the ids that clients of this cloud see. Separate per mount, stable across
 * restarts (cloudspaces-interop.md 10.2; threat model PTH-10). Looking up known keys writes nothing but, once a day,
 * when they were seen. When a cloud has made us keep too many ids, those unseen for longest are deleted (ruling F-67).
 */
export class ForeignIds {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #namers: readonly Namer[];
  readonly #most: number;
  readonly #memory: RowMemory<ForeignRow>;

  constructor({ database, clock, namers = [], most = MOST_UNNAMED }: ForeignIdsInputs) {
    this.#database = database;
    this.#memory = new RowMemory(database, MOST_KNOWN);
    this.#clock = clock;
    this.#namers = namers;
    this.#most = most;
  }

  /** The local id of each key; keys without one get one now. Yields the event loop between batches (F-60). */
  async idsOf(mountId: ItemId, keys: readonly NodeKey[]): Promise<Map<NodeKey, ItemId>> {
    const ids = new Map<NodeKey, ItemId>();
    const distinct = [...new Set(keys)];
    for (let start = 0; start < distinct.length; start += BATCH) {
      const batch = distinct.slice(start, start + BATCH);
      for (const [key, id] of await this.#batch(mountId, batch)) ids.set(key, id);
      await longWork.rest();
    }
    return ids;
  }

  /** The key that has this id below a mount; undefined when none has it any more. */
  async keyOf(mountId: ItemId, id: string): Promise<NodeKey | undefined> {
    const row = await this.#database.read<ForeignRow>('foreign_items').where({ id, mount_id: mountId }).first('key');
    return row?.key;
  }

  /** For spaces whose keys are paths: a moved node and everything below it keep their ids under their new keys. */
  async rename(mountId: ItemId, from: NodeKey, to: NodeKey): Promise<void> {
    if (from === to) return;
    await this.#database.write((trx) => renameForeign(trx, this.#database, { mountId, from, to }));
  }

  /**
   * For spaces whose keys are paths: a deleted node loses its id, so that a later one of the same name gets a new one.
   */
  async forget(mountId: ItemId, key: NodeKey): Promise<void> {
    await this.#database.write((trx) => atOrBelow(trx, this.#database, mountId, key).delete());
  }

  async #batch(mountId: ItemId, keys: readonly NodeKey[]): Promise<Map<NodeKey, ItemId>> {
    const stale = this.#clock.now() - SEEN_WITHIN;
    const known = await this.#known(mountId, keys);
    if (known.length === keys.length && known.every((row) => row.seen_at > stale)) return mapOf(known);
    return this.#database.write(async (trx) => {
      await lockMount(trx, mountId);
      // Another request may have given them ids since.
      const rows = await find(trx, mountId, keys);
      await this.#noteSeen(
        trx,
        rows.filter((row) => row.seen_at <= stale),
      );
      const ids = mapOf(rows);
      const missing = keys.filter((key) => !ids.has(key));
      if (missing.length === 0) return ids;
      for (const [key, id] of await this.#give(trx, mountId, missing)) ids.set(key, id);
      await this.#giveUpOldest(trx, mountId);
      return ids;
    });
  }

  /** A folder that is listed again and again is not looked up again before somebody commits (decision 0018). */
  async #known(mountId: ItemId, keys: readonly NodeKey[]): Promise<ForeignRow[]> {
    const memory = this.#memory.open();
    const held = keys.flatMap((key) => memory.get(`${mountId} ${key}`) ?? []);
    if (held.length === keys.length) return held;
    const rows = await find(this.#database.read, mountId, keys);
    for (const row of rows) memory.set(`${mountId} ${row.key}`, row);
    return rows;
  }

  async #noteSeen(trx: Transaction, rows: readonly ForeignRow[]): Promise<void> {
    if (rows.length === 0) return;
    const ids = rows.map((row) => row.id);
    await trx('foreign_items').whereIn('id', ids).update({ seen_at: this.#clock.now() });
  }

  async #give(trx: Transaction, mountId: ItemId, keys: readonly NodeKey[]): Promise<Map<NodeKey, ItemId>> {
    const given = await newIds(trx, 'foreign', keys.length);
    const pairs = keys.map((key, index) => [key, given[index] ?? missingId()] as const);
    const values = pairs.flatMap(([key, id]) => [id, mountId, key, this.#clock.now()]);
    // Knex would write a union of selects, of which SQLite joins few.
    const places = pairs.map(() => '(?, ?, ?, ?)').join(', ');
    await trx.raw(`insert into foreign_items (id, mount_id, key, seen_at) values ${places}`, values);
    return new Map(pairs);
  }

  /** A client that uses such an id later is told `not-found` and lists again. */
  async #giveUpOldest(trx: Transaction, mountId: ItemId): Promise<void> {
    const excess = Math.min(await this.#excess(trx, mountId), MOST_GIVEN_UP);
    await forgetIds(trx, await this.#unseenForLongest(trx, mountId, excess));
  }

  /**
   * How many ids without a reference there are too many. References are counted only when the total exceeds the limit.
   */
  async #excess(trx: Transaction, mountId: ItemId): Promise<number> {
    let excess = (await countOf(itemsOf(trx, mountId))) - this.#most;
    for (const { table, column } of this.#namers) {
      if (excess <= 0) break;
      const named = itemsOf(trx, mountId).whereIn('id', trx(table).whereNotNull(column).select(column));
      excess -= await countOf(named);
    }
    return excess;
  }

  async #unseenForLongest(trx: Transaction, mountId: ItemId, count: number): Promise<(number | string)[]> {
    if (count <= 0) return [];
    const oldest = itemsOf(trx, mountId).orderBy(['seen_at', 'id']).limit(count);
    for (const { table, column } of this.#namers) {
      void oldest.whereNotExists(trx(table).whereRaw('?? = ??', [`${table}.${column}`, 'foreign_items.id']));
    }
    return oldest.pluck<(number | string)[]>('id');
  }
}

/** What is known under one key, and everything below it, in a space whose keys are paths, and its new key. */
export interface ForeignRename {
  readonly mountId: ItemId;
  readonly from: NodeKey;
  readonly to: NodeKey;
}

/** See {@link ForeignIds.rename}. Does nothing where nothing has the old key any more: it was done before. */
export async function renameForeign(
  trx: Transaction,
  database: Database,
  { mountId, from, to }: ForeignRename,
): Promise<void> {
  await lockMount(trx, mountId);
  const first = await atOrBelow(trx, database, mountId, from).first<{ id: ItemId } | undefined>('id');
  if (first === undefined) return;
  await atOrBelow(trx, database, mountId, to).delete();
  await atOrBelow(trx, database, mountId, from).update({ key: underNewKey(trx, from, to) });
}

/** The new key of what lies at a key or below it, as an expression over its old one. */
export function underNewKey(trx: Transaction, from: NodeKey, to: NodeKey): Knex.Raw {
  return trx.raw('? || substr(key, ?)', [to, lengthOf(from) + 1]);
}

/** Deletes every id that was given below a mount, and what is remembered of it. Yields the event loop meanwhile (F-60). */
export async function forgetMount(trx: Transaction, mountId: ItemId): Promise<void> {
  // The end of a share is one transaction, however many ids it had: other writers wait for it, the event loop does not.
  await inPieces(BATCH, async () => {
    const ids = await itemsOf(trx, mountId).limit(BATCH).pluck<(number | string)[]>('id');
    await forgetIds(trx, ids);
    return ids.length;
  });
  await forgetFacts(trx, mountId);
  await forgetSnapshotsOf(trx, mountId);
}

async function forgetFacts(trx: Transaction, mountId: ItemId): Promise<void> {
  await inPieces(BATCH, async () => {
    const facts = trx('foreign_facts').where({ mount_id: mountId });
    const keys = await facts.clone().limit(BATCH).pluck<NodeKey[]>('key');
    if (keys.length > 0) await facts.whereIn('key', keys).delete();
    return keys.length;
  });
}

/** The row of the series is deleted too; the series itself never gives a number twice. */
async function forgetIds(trx: Transaction, ids: readonly (number | string)[]): Promise<void> {
  if (ids.length === 0) return;
  await trx('foreign_items').whereIn('id', ids).delete();
  await trx('item_ids').whereIn('id', ids).delete();
}

async function find(q: Queries, mountId: ItemId, keys: readonly NodeKey[]): Promise<ForeignRow[]> {
  return q<ForeignRow>('foreign_items')
    .where({ mount_id: mountId })
    .whereIn('key', keys)
    .select('id', 'mount_id', 'key', 'seen_at');
}

function mapOf(rows: readonly ForeignRow[]): Map<NodeKey, ItemId> {
  return new Map(rows.map((row) => [row.key, itemIdOf(row.id)]));
}

function itemsOf(trx: Transaction, mountId: ItemId): Knex.QueryBuilder {
  return trx('foreign_items').where({ mount_id: mountId });
}

async function countOf(items: Knex.QueryBuilder): Promise<number> {
  const [row] = await items.count<{ count: number | string }[]>({ count: '*' });
  return Number(row?.count ?? 0);
}

function missingId(): never {
  throw new Error('item_ids gave too few ids');
}

/** Lets one transaction at a time give ids below a mount; the foreign key refuses a mount that has been removed. */
async function lockMount(trx: Transaction, mountId: ItemId): Promise<void> {
  await trx('mounts').where({ id: mountId }).forNoKeyUpdate().first('id');
}

/** A key and every key below it, both as ranges of an index. */
function atOrBelow(trx: Transaction, database: Database, mountId: ItemId, key: NodeKey): Knex.QueryBuilder {
  const below = beginsWith(database, 'key', key.endsWith('/') ? key : `${key}/`);
  return trx('foreign_items').whereIn('id', (some) => {
    void some
      .from('foreign_items')
      .select('id')
      .where({ mount_id: mountId, key })
      .unionAll((all) => {
        void all.from('foreign_items').select('id').where({ mount_id: mountId }).whereRaw(below.sql, below.values);
      });
  });
}

/** Characters as databases count them. */
function lengthOf(text: string): number {
  return Array.from(text).length;
}
