import type { Knex } from 'knex';
import { itemIdOf, type ItemId } from '../kernel/index.js';
import type { Database, Queries, Transaction } from '../platform/index.js';
import type { NodeKey } from './file-space.js';
import { newIds } from './item-ids.js';

/** Keys asked about or inserted in one statement. */
const BATCH = 200;

interface ForeignRow {
  id: number | string;
  mount_id: ItemId;
  key: NodeKey;
}

/**
 * The map between what a mount's cloud calls its files and the ids that clients here see. Separate per mount, stable
 * across restarts (cloudspaces-interop.md 10.2; threat model PTH-10). Asking again writes nothing.
 */
export class ForeignIds {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The local id of each key, given now where it has none. */
  async idsOf(mountId: ItemId, keys: readonly NodeKey[]): Promise<Map<NodeKey, ItemId>> {
    const ids = new Map<NodeKey, ItemId>();
    const distinct = [...new Set(keys)];
    for (let start = 0; start < distinct.length; start += BATCH) {
      const batch = distinct.slice(start, start + BATCH);
      for (const [key, id] of await this.#batch(mountId, batch)) ids.set(key, id);
    }
    return ids;
  }

  /** For spaces whose keys are paths: what was moved, and everything below it, keeps its ids under its new key. */
  async rename(mountId: ItemId, from: NodeKey, to: NodeKey): Promise<void> {
    if (from === to) return;
    await this.#database.write(async (trx) => {
      await lockMount(trx, mountId);
      await atOrBelow(trx, mountId, to).delete();
      const rest = trx.raw('? || substr(key, ?)', [to, lengthOf(from) + 1]);
      await atOrBelow(trx, mountId, from).update({ key: rest });
    });
  }

  /** For spaces whose keys are paths: what was deleted gives up its ids, so that a namesake is something new. */
  async forget(mountId: ItemId, key: NodeKey): Promise<void> {
    await this.#database.write((trx) => atOrBelow(trx, mountId, key).delete());
  }

  async #batch(mountId: ItemId, keys: readonly NodeKey[]): Promise<Map<NodeKey, ItemId>> {
    const known = await find(this.#database.read, mountId, keys);
    if (known.size === keys.length) return known;
    return this.#database.write(async (trx) => {
      await lockMount(trx, mountId);
      // Another request may have been faster.
      const ids = await find(trx, mountId, keys);
      const missing = keys.filter((key) => !ids.has(key));
      const given = missing.length === 0 ? [] : await newIds(trx, 'foreign', missing.length);
      const rows = missing.map((key, index) => ({ id: given[index], mount_id: mountId, key }));
      if (rows.length > 0) await trx('foreign_items').insert(rows);
      for (const row of rows) if (row.id !== undefined) ids.set(row.key, row.id);
      return ids;
    });
  }
}

async function find(q: Queries, mountId: ItemId, keys: readonly NodeKey[]): Promise<Map<NodeKey, ItemId>> {
  const rows = await q<ForeignRow>('foreign_items')
    .where({ mount_id: mountId })
    .whereIn('key', keys)
    .select('id', 'key');
  return new Map(rows.map((row) => [row.key, itemIdOf(row.id)]));
}

/** One transaction at a time gives ids below a mount; also refuses a mount that is gone, by its foreign key. */
async function lockMount(trx: Transaction, mountId: ItemId): Promise<void> {
  await trx('mounts').where({ id: mountId }).forNoKeyUpdate().first('id');
}

function atOrBelow(trx: Transaction, mountId: ItemId, key: NodeKey): Knex.QueryBuilder {
  const prefix = key.endsWith('/') ? key : `${key}/`;
  return trx('foreign_items')
    .where({ mount_id: mountId })
    .whereRaw('(key = ? or substr(key, 1, ?) = ?)', [key, lengthOf(prefix), prefix]);
}

/** Characters as databases count them. */
function lengthOf(text: string): number {
  return Array.from(text).length;
}
