import type { Knex } from 'knex';
import { itemIdOf } from '../../kernel/index.js';
import { cutPage, readRows, type ListKey, type PageWish, type Queries, type ReadRow } from '../../platform/index.js';
import type { ItemRow } from '../records/item-rows.js';
import { standsIn, type Folder } from '../records/items.js';
import { foldersInEffect, memberFolderOf, type MemberFolder, type MemberFolderRow } from '../records/members.js';
import { mountOf, type Mount, type MountRow } from '../records/mounts.js';

/**
 * The items of a folder next to a position in the order of names, as `cutPage` expects them. Each function is one
 * statement along an index, so that its cost does not depend on the size of the folder.
 */

/** The live children of a folder. */
export async function itemsNear(
  q: Queries,
  { ownerId, parentId }: Folder,
  wish: PageWish,
): Promise<ReadRow<ItemRow>[]> {
  const live = q('items').where({ owner_id: ownerId, deleted_at: null, staged_at: null });
  return readRows((await cut(live, parentId, wish)) as ItemRow[], placeOf, (row) => row);
}

/** The folders of people here that are shared with a person now and appear in this folder of theirs. */
export async function membersNear(
  q: Queries,
  { ownerId, parentId }: Folder,
  wish: PageWish,
  now: number,
): Promise<ReadRow<MemberFolder>[]> {
  const shared = foldersInEffect(q, now).where({ 'm.account_id': ownerId });
  const rows = (await cut(shared, parentId, wish, MEMBERS)) as MemberFolderRow[];
  const place = (row: MemberFolderRow): ListKey => ({ at: row.member_sort_key, id: itemIdOf(row.id) });
  return readRows(rows, place, (row) => memberFolderOf(row, ownerId, parentId));
}

/** The mounts in a folder, without those that have expired and those whose top the other cloud has deleted. */
export async function mountsNear(
  q: Queries,
  { ownerId, parentId }: Folder,
  wish: PageWish,
  now: number,
): Promise<ReadRow<Mount>[]> {
  const open = q('mounts')
    .where({ account_id: ownerId })
    .whereNot({ status: 'DELETED' })
    .whereRaw('(expires_at is null or expires_at > ?)', [now]);
  return readRows((await cut(open, parentId, wish)) as MountRow[], placeOf, mountOf);
}

const ROWS = { parentId: 'parent_id', at: 'sort_key', id: 'id' };
const MEMBERS = { parentId: 'm.parent_id', at: 'm.sort_key', id: 'm.folder_id' };

function cut(
  rows: Knex.QueryBuilder,
  folderId: Folder['parentId'],
  wish: PageWish,
  { parentId, at, id } = ROWS,
): Knex.QueryBuilder {
  const { sql, values } = standsIn(folderId, parentId);
  return cutPage(rows.whereRaw(sql, values), { at, id, direction: 'asc' }, wish);
}

function placeOf({ sort_key: at, id }: Pick<ItemRow, 'sort_key' | 'id'>): ListKey {
  return { at, id: itemIdOf(id) };
}
