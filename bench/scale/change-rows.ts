import { KEPT_FOR, KEPT_ROWS } from '../../src/files/changes/note.js';
import { rowsOf, type Transaction } from '../../src/platform/index.js';
import type { Span } from './tree-rows.js';

/** Numbers between two looks at how many changes there are (`src/files/changes/note.ts`). */
const LOOKED_AT_EVERY = 1_000;

/**
 * Writes the changes that made these items of a tree, in the order of their ids, without those that the product would
 * have forgotten by then. Answers an expression that makes the number of its change from an id.
 */
export async function noteMade(
  trx: Transaction,
  tree: string,
  table: 'items' | 'mounts',
  { first, count }: Span,
): Promise<number> {
  const offset = (await lastNumber(trx, tree)) + 1 - first;
  const last = first + count - 1;
  const kept = Math.max(first, forgottenAt(last + offset) - offset + 1);
  await trx.raw(
    `insert into changes (tree, number, item_id, kind, above, mark, due_at)
     select cast(? as text), f.id + ${offset}, f.id, 'made', cast(f.parent_id as text)
       || coalesce(' ' || cast(l.parent_id as text), '') || coalesce(' ' || cast(r.parent_id as text), ''),
       cast(random() as text), f.modified_at + ${KEPT_FOR}
     from ${table} as f join items as l on l.id = f.parent_id left join items as r on r.id = l.parent_id
     where f.id between ? and ? order by f.id`,
    [tree, kept, last],
  );
  return offset;
}

/** Deletes the changes that the product would have forgotten: all but a given number, whenever the count is round. */
export async function forgetOldest(trx: Transaction, tree: string): Promise<void> {
  const last = forgottenAt(await lastNumber(trx, tree));
  await trx('changes').where({ tree }).where('number', '<=', last).delete();
}

/** Sets the last change of each of these folders by an expression over its row in `items`. */
export async function raise(trx: Transaction, { first, count }: Span, number: string): Promise<void> {
  await trx.raw(`update items set last_change = (${number}) where id between ? and ?`, [first, first + count - 1]);
}

function forgottenAt(last: number): number {
  return Math.floor(last / LOOKED_AT_EVERY) * LOOKED_AT_EVERY - KEPT_ROWS;
}

async function lastNumber(trx: Transaction, tree: string): Promise<number> {
  const sql = 'select max(number) as last from changes where tree = ?';
  const [found] = await rowsOf<{ last: number | string | null }>(trx, sql, [tree]);
  return Number(found?.last ?? 0);
}
