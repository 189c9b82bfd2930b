import { itemIdOf, ROOT_ID, type ItemId } from '../../kernel/index.js';
import { rowsOf, type Queries } from '../../platform/index.js';
import type { Folder } from '../records/items.js';

/**
 * The ids of the live items along a path of names, beginning with the child of `folder`; fewer than there are names
 * where a name does not exist. One statement, with one seek per name in the index of live names. `folder` must be live.
 */
export async function idsAlong(q: Queries, folder: Folder, names: readonly string[]): Promise<ItemId[]> {
  if (names.length === 0) return [];
  const values = [...names, folder.parentId ?? ROOT_ID, folder.ownerId];
  const rows = await rowsOf<{ id: number | string }>(q, statement(names.length), values);
  return rows.map(({ id }) => itemIdOf(id));
}

/** The sum is there for SQLite, which would not use the index without it: see `standsIn`. */
function statement(count: number): string {
  const names = Array.from({ length: count }, (_, at) => `(${String(at + 1)}, cast(? as text))`).join(', ');
  return `with recursive names (at, name) as (values ${names}),
    path (id, at) as (
      select cast(? as bigint), 0
      union all
      select i.id, path.at + 1 from path
      join names on names.at = path.at + 1
      join items as i on i.owner_id = ? and coalesce(i.parent_id, 0) = path.id + 0 and i.name = names.name
        and i.deleted_at is null and i.staged_at is null
    )
    select id from path where at > 0 order by at`;
}
