import { itemIdOf, type ItemId } from '../kernel/index.js';
import type { Transaction } from '../platform/index.js';

/** What an id was given to. Local and foreign items share one series, so an id names one thing (threat model PTH-10). */
export type IdSpace = 'local' | 'mount' | 'foreign';

/** A fresh id, never given before and never again. */
export async function newId(trx: Transaction, space: IdSpace): Promise<ItemId> {
  const rows: { id: number | string }[] = await trx('item_ids').insert({ space }).returning('id');
  const [row] = rows;
  if (row === undefined) throw new Error('item_ids gave no id');
  return itemIdOf(row.id);
}

/** `count` fresh ids; at most 500 (SQLite joins no more rows in one statement). */
export async function newIds(trx: Transaction, space: IdSpace, count: number): Promise<ItemId[]> {
  const rows: { id: number | string }[] = await trx('item_ids')
    .insert(Array.from({ length: count }, () => ({ space })))
    .returning('id');
  return rows.map((row) => itemIdOf(row.id));
}
