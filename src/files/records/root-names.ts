import type { Knex } from 'knex';
import { clashPrefix, freeName, itemIdOf, type AccountId, type ItemId } from '../../kernel/index.js';
import type { Queries } from '../../platform/index.js';
import type { Folder } from './items.js';

/**
 * True when a received item of this person already has this name in the given folder of theirs (null: the root). Their
 * own items are not looked at.
 */
export async function isReceivedName(
  q: Queries,
  accountId: AccountId,
  parentId: ItemId | null,
  name: string,
): Promise<boolean> {
  const found: unknown = await receivedNames(q, accountId, parentId).where('received.name', name).first();
  return found !== undefined;
}

/** The received item that has this name in a person's folder (null: the root). */
export async function receivedNamed(q: Queries, folder: Folder, name: string): Promise<ItemId | undefined> {
  const { ownerId, parentId } = folder;
  const found: { id: number | string } | undefined = await receivedNames(q, ownerId, parentId)
    .where('received.name', name)
    .first('received.id');
  return found === undefined ? undefined : itemIdOf(found.id);
}

/** A free name in a person's root: where `wanted` is taken, it gets a number (product.md, step 7). */
export async function freeRootName(q: Queries, accountId: AccountId, wanted: string): Promise<string> {
  return freeNameIn(q, { ownerId: accountId, parentId: null }, wanted);
}

/** A free name in a folder: where `wanted` is taken, by an item or a received item, it gets a number. */
export async function freeNameIn(q: Queries, folder: Folder, wanted: string): Promise<string> {
  const { ownerId, parentId } = folder;
  const stem = `${likeLiteral(clashPrefix(wanted))}%`;
  const like = `name like ? escape '\\'`;
  const receivedItems: { name: string }[] = await receivedNames(q, ownerId, parentId).whereRaw(`received.${like}`, [
    stem,
  ]);
  const own: { name: string }[] = await q('items')
    .where({ owner_id: ownerId, parent_id: parentId, deleted_at: null })
    .whereRaw(like, [stem])
    .select('name');
  const taken = new Set([...receivedItems, ...own].map((row) => row.name));
  return freeName(wanted, (name) => taken.has(name));
}

/** The names of a person's received items in one of their folders. */
function receivedNames(q: Queries, accountId: AccountId, parentId: ItemId | null): Knex.QueryBuilder {
  const members = q('members as m')
    .join('items as i', 'i.id', 'm.folder_id')
    .where({ 'm.account_id': accountId, 'm.parent_id': parentId })
    .whereNull('i.deleted_at')
    .select('m.name', { id: 'm.folder_id' });
  const mounts = q('mounts').where({ account_id: accountId, parent_id: parentId }).select('name', 'id');
  return q.from(members.unionAll(mounts).as('received')).select('received.name');
}

function likeLiteral(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&');
}
