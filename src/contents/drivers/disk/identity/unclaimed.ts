import type { Database, Queries } from '../../../../platform/index.js';
import { inGroups } from '../../../driver/index.js';
import { storedKeys } from '../calls/walk.js';

/** Keys asked about, or written, in one statement. */
const GROUP = 500;

/**
 * Records the contents of a folder that a database is about to take over and that none of its rows refers to. They may
 * belong to somebody, so only an administrator's order removes them. Answers how many.
 */
export async function recordUnclaimed(
  database: Database,
  blobs: string,
  named: (keys: readonly string[]) => Promise<ReadonlySet<string>>,
): Promise<number> {
  let count = 0;
  for await (const keys of inGroups(storedKeys(blobs), GROUP)) {
    const claimed = await named(keys);
    const rows = keys.filter((key) => !claimed.has(key)).map((content_key) => ({ content_key }));
    if (rows.length === 0) continue;
    await database.write((trx) => trx('unclaimed_contents').insert(rows).onConflict('content_key').ignore());
    count += rows.length;
  }
  return count;
}

/**
 * Those of the keys that were recorded before this database took the folder over. At most some hundred keys per call.
 */
export async function unclaimedOf(q: Queries, keys: readonly string[]): Promise<Set<string>> {
  if (keys.length === 0) return new Set();
  const rows: { content_key: string }[] = await q('unclaimed_contents')
    .whereIn('content_key', [...keys])
    .select('content_key');
  return new Set(rows.map((row) => row.content_key));
}

/** Deletes the record, on an administrator's order: from now on these contents are swept like others. */
export async function forgetUnclaimed(database: Database): Promise<void> {
  await database.write((trx) => trx('unclaimed_contents').delete());
}
