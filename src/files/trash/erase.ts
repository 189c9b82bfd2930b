import { itemIdOf, type AccountId, type ItemId } from '../../kernel/index.js';
import type { Database, Transaction } from '../../platform/index.js';
import { forgetTree } from '../changes/forgetting.js';
import type { ItemRow } from '../records/item-rows.js';
import { dropLocksOf } from '../locks/bindings.js';
import { forgetProperties } from '../properties/rows.js';
import { addUsage } from '../records/owner.js';
import { BATCH, foldersOf, itemsBelow, ownOf, type Search } from './below.js';
import type { TrashRow } from './entries.js';

/**
 * Called in the transaction that erases items for good, with their ids, so that other rooms delete what they keep about
 * them. Answers the ids that something still refers to, such as an ended share: of those a bare row stays.
 */
export type OnErased = (trx: Transaction, itemIds: readonly ItemId[]) => Promise<readonly ItemId[]>;

/**
 * Takes an entry out of the trash for good: from this commit on it is hidden and no longer counted. {@link eraseEntry}
 * deletes its rows, the sweeper its bytes. Under the lock of the tree.
 */
export async function condemn(trx: Transaction, { owner_id, item_id }: TrashRow): Promise<number> {
  const row = await trx<TrashRow>('trash').where({ item_id }).first('bytes');
  const bytes = row?.bytes ?? 0;
  await trx('trash').where({ item_id }).update({ state: 'erasing', bytes: 0 });
  await addUsage(trx, owner_id, { trash: -bytes });
  return bytes;
}

/** Deletes the rows of a condemned entry and of everything in it, one batch per transaction. */
export async function eraseEntry(database: Database, entry: TrashRow, onErased: OnErased): Promise<void> {
  const topId = itemIdOf(entry.item_id);
  await eraseBelow(database, { ownerId: entry.owner_id, topId }, { onErased, spareEntries: true });
  await database.write((trx) => eraseItems(trx, [topId], onErased));
}

/** Deletes every row of an owner's tree, live, deleted or condemned, one batch per transaction. */
export async function eraseTree(database: Database, ownerId: AccountId, onErased: OnErased): Promise<void> {
  await eraseBelow(database, { ownerId, topId: null }, { onErased, spareEntries: false });
  await database.write(async (trx) => {
    await trx('uploads').where({ owner_id: ownerId }).delete();
    const nothing = { used_bytes: 0, version_bytes: 0, trash_bytes: 0, upload_bytes: 0 };
    await trx('accounts').where({ id: ownerId }).update(nothing);
  });
  await forgetTree(database, ownerId);
}

interface Erasing {
  readonly onErased: OnErased;
  /** Whether items in it that were deleted separately before stay in the trash. */
  readonly spareEntries: boolean;
}

/** Deletes files first, then folders from the innermost outwards, because rows refer to the folder above. */
async function eraseBelow(database: Database, search: Search, { onErased, spareEntries }: Erasing): Promise<void> {
  const folders: ItemId[] = [];
  const pending: Search[] = [search];
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    for await (const batch of itemsBelow(database.read, at)) {
      const entries = batch.filter((row) => row.is_entry);
      const own = spareEntries ? ownOf(batch) : batch;
      if (!spareEntries) pending.push(...foldersOf(entries).map((topId) => ({ ...search, topId })));
      folders.push(...foldersOf(own));
      await database.write(async (trx) => {
        if (spareEntries) await uproot(trx, entries);
        await eraseItems(trx, filesIn(own), onErased);
      });
    }
  }
  for (let end = folders.length; end > 0; end -= BATCH) {
    const ids = folders.slice(Math.max(0, end - BATCH), end);
    await database.write((trx) => eraseItems(trx, ids, onErased));
  }
}

/** Detaches entries that stay in the trash although the folder that contained them is erased. */
async function uproot(trx: Transaction, entries: readonly ItemRow[]): Promise<void> {
  if (entries.length === 0) return;
  await trx('items')
    .whereIn(
      'id',
      entries.map((row) => row.id),
    )
    .update({ parent_id: null });
}

async function eraseItems(trx: Transaction, ids: readonly ItemId[], onErased: OnErased): Promise<void> {
  if (ids.length === 0) return;
  await dropLocksOf(trx, ids);
  const bare = await onErased(trx, ids);
  await leaveBare(trx, bare);
  await trx('items')
    .whereIn(
      'id',
      ids.filter((id) => !bare.includes(id)),
    )
    .delete();
}

/** Empties the rows of items that ended shares still refer to: the rows stay, without names and contents. */
async function leaveBare(trx: Transaction, ids: readonly ItemId[]): Promise<void> {
  if (ids.length === 0) return;
  await forgetProperties(trx, ids);
  await trx('item_versions').whereIn('item_id', ids).delete();
  await trx('trash').whereIn('item_id', ids).delete();
  await trx('arrivals').whereIn('item_id', ids).delete();
  const when = trx.raw('coalesce(deleted_at, modified_at)');
  const nothing = {
    parent_id: null,
    size: 0,
    below_bytes: 0,
    old_bytes: 0,
    thin_at: null,
    content_key: null,
    sha256: null,
    hashes: null,
  };
  await trx('items')
    .whereIn('id', ids)
    .update({ ...nothing, status: 'DELETED', deleted_at: when, erased_at: when });
}

function filesIn(rows: readonly ItemRow[]): ItemId[] {
  return rows.filter((row) => !row.is_folder).map((row) => itemIdOf(row.id));
}
