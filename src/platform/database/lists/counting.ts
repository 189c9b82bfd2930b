import type { Knex } from 'knex';
import type { Queries } from '../database.js';

/** Most rows that are counted; counting all would be a scan (ruling F-83). */
export const MOST_COUNTED = 10_000;

/**
 * How many rows a query has; {@link MOST_COUNTED} + 1 stands for all larger numbers. `orderBy` is the order of an
 * index, so that the engine walks along it and stops there instead of reading everything.
 */
export async function countSome(q: Queries, rows: Knex.QueryBuilder, orderBy: string): Promise<number> {
  const some = rows
    .orderBy(orderBy)
    .limit(MOST_COUNTED + 1)
    .select(orderBy);
  const [found] = await q.from(some.as('some')).count<{ count: number | string }[]>({ count: '*' });
  return Number(found?.count ?? 0);
}
