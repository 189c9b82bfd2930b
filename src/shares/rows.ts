import type { Queries } from '../platform/index.js';

/**
 * The one row that fits, if any. A transaction keeps it until it ends (PostgreSQL); SQLite's write transactions are
 * alone anyway. `states`: only rows in one of these.
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
