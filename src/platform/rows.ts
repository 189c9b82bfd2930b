import type { Queries } from './database.js';

/**
 * The rows of a statement that is written out, on every engine. For the few that each request asks: building them from
 * parts would cost more than running them.
 */
export async function rowsOf<Row>(
  q: Queries,
  statement: string,
  values: readonly (string | number | null)[],
): Promise<Row[]> {
  const answer = (await q.raw(statement, [...values])) as Row[] | { readonly rows: Row[] };
  return Array.isArray(answer) ? answer : answer.rows;
}
