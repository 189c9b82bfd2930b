import { itemIdOf, type AccountId, type ItemId } from '../../kernel/index.js';
import type { Database, Transaction } from '../../platform/index.js';
import { releaseReceived } from '../places/received-placement.js';
import type { ItemRow } from '../records/item-rows.js';
import { updateItem } from '../records/items.js';
import type { Lineage } from '../records/lineage.js';
import { removeMembers } from '../records/members.js';
import { addUsage, lockTree } from '../records/owner.js';
import { AT_ONCE, bytesOf, foldersOf, itemsBelow, ownOf, type Below } from './below.js';
import { placeText, type TrashRow } from './entries.js';
import { recordStatus } from './statuses.js';

/**
 * Called in the transaction that deletes folders, with their ids: shares of them end there (threat model AUT-05). `by`: who
 * deletes them, in the words of `actorOf`.
 */
export type OnRemoved = (trx: Transaction, folderIds: readonly ItemId[], by: string) => Promise<void>;

/** What is deleted, by whom and when. */
export interface Deletion {
  readonly lineage: Lineage;
  readonly by: string;
  readonly now: number;
  readonly onRemoved: OnRemoved;
}

/**
 * Puts an item of an owner's tree into their trash as one entry, under the lock of the tree. The contents of a large
 * folder follow in batches ({@link fillEntry}); `isWhole` is true when nothing is left to do.
 */
export async function discard(
  trx: Transaction,
  item: ItemRow,
  { lineage, by, now, onRemoved }: Deletion,
): Promise<{ readonly row: ItemRow; readonly isWhole: boolean }> {
  const { current, versions } = bytesOf([item]);
  const deleted = { status: 'DELETED', modified_at: now, deleted_at: now } as const;
  const row = await updateItem(trx, item, deleted, { kind: 'removed', parent: lineage.parent });
  const names = lineage.parent.rows.map(({ name }) => name).reverse();
  const entry: TrashRow = {
    item_id: item.id,
    owner_id: item.owner_id,
    trashed_at: now,
    trashed_by: by,
    place: placeText(names),
    bytes: current + versions,
    items: 1,
    state: 'kept',
  };
  await trx('trash').insert(entry);
  await addUsage(trx, item.owner_id, { current: -current, versions: -versions, trash: current + versions });
  await letGo(trx, item.owner_id, [item], { by, now, onRemoved });
  const isWhole = !item.is_folder || (await takeSmall(trx, entry, onRemoved));
  if (!isWhole) await trx('trash').where({ item_id: item.id }).update({ state: 'filling' });
  return { row, isWhole };
}

/** Puts the contents of a small folder into the trash in the same transaction. */
async function takeSmall(trx: Transaction, entry: TrashRow, onRemoved: OnRemoved): Promise<boolean> {
  const search = { ownerId: entry.owner_id, topId: itemIdOf(entry.item_id) };
  const rows: Below[] = [];
  for await (const batch of itemsBelow(trx, search)) {
    rows.push(...ownOf(batch));
    if (rows.length > AT_ONCE) return false;
  }
  await take(trx, entry, rows, onRemoved);
  return true;
}

/**
 * Puts the contents of a deleted folder into the trash, one batch per transaction. It may be started again after a
 * crash.
 */
export async function fillEntry(database: Database, entry: TrashRow, onRemoved: OnRemoved): Promise<void> {
  const { owner_id: ownerId, item_id: id } = entry;
  for await (const batch of itemsBelow(database.read, { ownerId, topId: itemIdOf(id) })) {
    const left = ownOf(batch).filter((row) => row.deleted_at === null);
    const goesOn = await database.write(async (trx) => {
      await lockTree(trx, ownerId);
      if (!(await isFilling(trx, entry))) return false;
      const live = await trx<ItemRow>('items')
        .whereIn(
          'id',
          left.map((row) => row.id),
        )
        .whereNull('deleted_at');
      await take(trx, entry, live, onRemoved);
      return true;
    });
    if (!goesOn) return;
  }
  await database.write(async (trx) => {
    await trx('trash').where({ item_id: id, state: 'filling' }).update({ state: 'kept' });
  });
}

async function isFilling(trx: Transaction, { item_id }: TrashRow): Promise<boolean> {
  return (await trx('trash').where({ item_id, state: 'filling' }).first('item_id')) !== undefined;
}

async function take(trx: Transaction, entry: TrashRow, rows: readonly ItemRow[], onRemoved: OnRemoved): Promise<void> {
  if (rows.length === 0) return;
  const { owner_id: ownerId, item_id, trashed_at: at } = entry;
  const { current, versions } = bytesOf(rows);
  await recordStatus(trx, rows, { status: 'DELETED', modified_at: at, deleted_at: at });
  await addUsage(trx, ownerId, { current: -current, versions: -versions, trash: current + versions });
  await trx('trash')
    .where({ item_id })
    .update({ bytes: trx.raw('bytes + ?', [current + versions]), items: trx.raw('items + ?', [rows.length]) });
  await letGo(trx, ownerId, rows, { by: entry.trashed_by, now: at, onRemoved });
}

/** Ends the shares of deleted folders, which restoring does not bring back, and moves received items out of them. */
async function letGo(
  trx: Transaction,
  ownerId: AccountId,
  rows: readonly ItemRow[],
  { by, now, onRemoved }: Pick<Deletion, 'by' | 'now' | 'onRemoved'>,
): Promise<void> {
  const folders = foldersOf(rows);
  if (folders.length === 0) return;
  await releaseReceived(trx, ownerId, folders, now);
  await removeMembers(trx, (members) => members.whereIn('folder_id', folders), now);
  await onRemoved(trx, folders, by);
}
