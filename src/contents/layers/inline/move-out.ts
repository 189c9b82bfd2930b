import type { Database } from '../../../platform/index.js';
import { entryPages } from '../../store/sweep-rows.js';
import type { BeneathInline } from './beneath.js';
import { inlineRows } from './rows.js';

/**
 * Moves every small content from the database to the storage folder, under its key, for a release that expects all of
 * them there. Answers how many. After a crash some are in both places; the next run repairs that.
 */
export async function movedOut(database: Database, disk: Pick<BeneathInline, 'putBack'>): Promise<number> {
  let count = 0;
  for await (const page of entryPages(database.read, 'inline_contents')) {
    for (const { key } of page) {
      const row = await inlineRows(database.read).where({ key }).first('bytes');
      if (row === undefined) continue;
      await disk.putBack(key, row.bytes);
      await database.write((trx) => inlineRows(trx).where({ key }).delete());
      count += 1;
    }
  }
  return count;
}
