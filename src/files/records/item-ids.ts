import { itemIdOf, type ItemId } from '../../kernel/index.js';
import { rowsOf, type Transaction } from '../../platform/index.js';

/** What an id was given to. Local and foreign items share one series, so an id names one thing (threat model PTH-10). */
export type IdSpace = 'local' | 'mount' | 'foreign';

/** A fresh id, never given before and never again. */
export async function newId(trx: Transaction, space: IdSpace): Promise<ItemId> {
  const rows: { id: number | string }[] = await trx('item_ids').insert({ space }).returning('id');
  const [row] = rows;
  if (row === undefined) throw new Error('item_ids gave no id');
  return itemIdOf(row.id);
}

/** `count` fresh ids, in one statement, ascending. */
export async function newIds(trx: Transaction, space: IdSpace, count: number): Promise<ItemId[]> {
  const given = await rowsOf<{ id: number | string }>(
    trx,
    `insert into item_ids (space)
     with recursive n(i) as (select 1 union all select i + 1 from n where i < cast(? as integer))
     select cast(? as text) from n returning id`,
    [count, space],
  );
  return given
    .map(({ id }) => Number(id))
    .sort((a, b) => a - b)
    .map(itemIdOf);
}
