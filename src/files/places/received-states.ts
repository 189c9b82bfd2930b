import { itemIdOf, type AccountId, type ItemId } from '../../kernel/index.js';
import { rowsOf, type Queries } from '../../platform/index.js';
import { foldersInEffect, type MemberFolderRow } from '../records/members.js';

/** A folder that somebody of this cloud shares with a person, and that stands among their folders. */
export interface ReceivedState {
  /** The person's own folders around it, in no order; none at the root. */
  readonly above: readonly ItemId[];
  /** Names what is known of it now, and what it is called there: another one whenever that changes. Not to be shown as it is. */
  readonly state: string;
}

/** Which of them are meant: all, or those alone that stand in a folder of the person. Most stand at the root. */
export type ReceivedWhere = 'everywhere' | 'in-folders';

/**
 * What people of this cloud share with a person, in the order of ids, by at most two statements. What happens in it changes no
 * number in the person's own tree; whoever wants to know whether anything in their view has changed takes these beside the
 * numbers. Folders of other clouds are not among them: whatever becomes known of one is a change of the tree in which it stands.
 */
export async function receivedStates(
  q: Queries,
  accountId: AccountId,
  { now, where }: { readonly now: number; readonly where: ReceivedWhere },
): Promise<ReceivedState[]> {
  const folders = (await foldersInEffect(q, now)
    .where({ 'm.account_id': accountId })
    .modify((query) => {
      if (where === 'in-folders') void query.whereNotNull('m.parent_id');
    })
    .select({ member_parent_id: 'm.parent_id' })
    .orderBy('m.folder_id')) as (MemberFolderRow & { readonly member_parent_id: number | string | null })[];
  const isPlaced = folders.some(({ member_parent_id: parentId }) => parentId !== null);
  const around = isPlaced ? await foldersAround(q, AROUND_MEMBERS, [accountId]) : new Map<string, ItemId[]>();
  return folders.map(({ id, member_parent_id: parentId, member_name: name, member_permission, last_change }) => ({
    above: around.get(String(parentId)) ?? [],
    state: JSON.stringify([itemIdOf(id), name, member_permission, last_change]),
  }));
}

/**
 * The ids of what others share with a person, here and in other clouds, at or below a folder of their own; null: their root. Some
 * may be over.
 */
export async function receivedBelow(q: Queries, accountId: AccountId, topId: ItemId | null): Promise<ItemId[]> {
  const rows = await rowsOf<{ id: number | string; parent_id: number | string | null }>(q, RECEIVED, [
    accountId,
    accountId,
  ]);
  if (topId === null) return rows.map(({ id }) => itemIdOf(id));
  if (rows.every(({ parent_id: parentId }) => parentId === null)) return [];
  const around = await foldersAround(q, AROUND_RECEIVED, [accountId, accountId]);
  return rows
    .filter(({ parent_id: parentId }) => around.get(String(parentId))?.includes(topId))
    .map(({ id }) => itemIdOf(id));
}

const RECEIVED = `select folder_id as id, parent_id from members where account_id = ?
  union all select id, parent_id from mounts where account_id = ? order by id`;

/** Of each folder that the first part selects, itself and all above it. */
const upwardsFrom = (places: string): string => `with recursive places (id) as (${places}),
  up (start, id) as (
    select id, id from places where id is not null
    union
    select up.start, i.parent_id from up join items as i on i.id = up.id where i.parent_id is not null
  )
  select start, id from up`;

const AROUND_MEMBERS = upwardsFrom('select parent_id from members where account_id = ?');
const AROUND_RECEIVED = upwardsFrom(
  'select parent_id from members where account_id = ? union select parent_id from mounts where account_id = ?',
);

/** Most of what is received stands in few folders, and each is gone up from once. */
async function foldersAround(
  q: Queries,
  statement: string,
  values: readonly AccountId[],
): Promise<ReadonlyMap<string, ItemId[]>> {
  const rows = await rowsOf<{ start: number | string; id: number | string }>(q, statement, values);
  const found = new Map<string, ItemId[]>();
  for (const { start, id } of rows) {
    const above = found.get(String(start)) ?? [];
    above.push(itemIdOf(id));
    found.set(String(start), above);
  }
  return found;
}
