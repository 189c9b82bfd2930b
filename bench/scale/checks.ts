import { strictEqual } from 'node:assert';
import { changesSince } from '../../src/files/changes/since.js';
import { itemIdOf, sortKey, type AccountId } from '../../src/kernel/index.js';
import { rowsOf, type Database, type Queries } from '../../src/platform/index.js';
import type { ShareModels } from './share-rows.js';
import { filesOf, LEAF, type Size } from './sizes.js';
import type { TreeModels } from './tree-rows.js';

/**
 * Asserts that the copied rows are as the product would have written them: sums, numbers of changes, names with their
 * sort keys, versions, contents, halves with their grants and mounts. Throws an error that names what is wrong.
 */
export async function expectSound(database: Database, models: TreeModels & ShareModels, size: Size): Promise<void> {
  const { read } = database;
  for (const [what, sql] of Object.entries(NOTHING_OF)) {
    strictEqual(await countOf(read, sql), 0, what);
  }
  strictEqual(
    await countOf(read, `select count(*) from item_versions`),
    await countOf(read, `select count(*) from items`),
  );
  strictEqual((await countOf(read, 'select count(*) from items where not is_folder')) > filesOf(size), true);
  await expectKeys(read);
  await expectChanges(read, models);
}

/** Queries that must find nothing, by what it would mean. */
const NOTHING_OF = {
  'sums that are not those of the files': `select count(*) from accounts as a where used_bytes
    <> coalesce((select sum(i.size) from items as i where i.owner_id = a.id and i.deleted_at is null), 0)`,
  'ids beside the series': 'select count(*) from items as i left join item_ids as d on d.id = i.id where d.id is null',
  'files without a content': `select count(*) from items as i left join inline_contents as c on c.key = i.content_key
    where not i.is_folder and c.key is null`,
  'folders with another number than that of the last change below': `select count(*) from items as f where f.is_folder
    and f.last_change < (select max(c.last_change) from items as c where c.parent_id = f.id)`,
  'open shares without a grant': `select count(*) from outgoing_shares as s left join grants as g
    on g.outgoing_id = s.id and g.killed_at is null where s.state = 'active' and g.id is null`,
  'open shares without a mount': `select count(*) from incoming_shares as s left join mounts as m on m.incoming_id = s.id
    where s.state = 'active' and m.id is null`,
  'halves without a history': `select count(*) from outgoing_shares as s
    where not exists (select 1 from share_events as e where e.share_ref = s.id)`,
  'halves of nobody’s': `select count(*) from outgoing_shares as s left join peers as p on p.id = s.peer_id
    left join items as i on i.id = s.folder_id where i.id is null or (s.peer_id is not null and p.id is null)`,
} as const;

/** The sort keys of all names; names repeat, so there are few different ones. */
async function expectKeys(q: Queries): Promise<void> {
  const rows = await rowsOf<{ name: string; sort_key: string; is_folder: boolean | number }>(
    q,
    `select distinct name, sort_key, is_folder from items union select distinct name, sort_key, true from mounts`,
    [],
  );
  for (const { name, sort_key: key, is_folder: isFolder } of rows) {
    strictEqual(key, sortKey(name, isFolder ? 'folder' : 'file'), name);
  }
}

/** The product's own code can read the last changes of the tree. */
async function expectChanges(q: Queries, { ownerId, topId }: TreeModels): Promise<void> {
  const [cursor] = await rowsOf<{ number: number; mark: string }>(
    q,
    `select number, mark from changes where tree = ? and number <= (select last_change from items where id = ?) - ${LEAF}
     order by number desc limit 1`,
    [ownerId, topId],
  );
  const scope = { ownerId: ownerId as AccountId, topId: itemIdOf(topId) };
  const told = await changesSince(q, scope, `${String(cursor?.number)}:${String(cursor?.mark)}`, LEAF);
  strictEqual(told.outcome === 'changes' ? told.changes.length : told.outcome, LEAF);
}

async function countOf(q: Queries, sql: string): Promise<number> {
  const [row] = await rowsOf<Record<string, number | string>>(q, sql, []);
  return Number(Object.values(row ?? {})[0]);
}
