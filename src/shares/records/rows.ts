import type { Queries } from '../../platform/index.js';

/**
 * The first matching row, if any. In a transaction the row is locked until the commit on PostgreSQL; SQLite has one
 * writer anyway. `states`: only rows in one of these.
 */
export async function firstRow<Row>(
  q: Queries,
  table: string,
  where: Readonly<Record<string, string | number>>,
  states?: readonly string[],
): Promise<Row | undefined> {
  const query = q(table).where(where).limit(1).select('*');
  if (states !== undefined) void query.whereIn('state', states);
  if (q.isTransaction === true) void query.forUpdate();
  const rows = (await query) as Row[];
  return rows[0];
}
