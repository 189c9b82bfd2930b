import { itemIdOf, ROOT_ID, type AccountId, type ItemId } from '../kernel/index.js';
import type { Queries, Transaction } from '../platform/index.js';
import { newId } from './item-ids.js';
import type { ItemRow, VersionRow } from './item-rows.js';

/** Rows of one page of children. */
const PAGE = 500;

/** A folder of an owner's tree; `parentId` null is the root. */
export interface Folder {
  readonly ownerId: AccountId;
  readonly parentId: ItemId | null;
}

/** One page of a folder's children in the order of their ids, after the id `after`; shorter than a page at the end. */
async function pageOfChildren(q: Queries, folder: Folder, after: ItemId, includeDeleted: boolean): Promise<ItemRow[]> {
  const query = q<ItemRow>('items')
    .where({ owner_id: folder.ownerId, parent_id: folder.parentId })
    .where('id', '>', after)
    .orderBy('id')
    .limit(PAGE);
  return includeDeleted ? query : query.whereNull('deleted_at');
}

/** Every child of a folder in the order of their ids; holds one page at a time, whatever the folder holds. */
export async function* childrenOf(
  q: Queries,
  folder: Folder,
  options: { includeDeleted?: boolean; signal?: AbortSignal } = {},
): AsyncGenerator<ItemRow> {
  let after = ROOT_ID;
  for (;;) {
    options.signal?.throwIfAborted();
    const page = await pageOfChildren(q, folder, after, options.includeDeleted ?? false);
    yield* page;
    const last = page[PAGE - 1];
    if (last === undefined) return;
    after = itemIdOf(last.id);
    // better-sqlite3 answers without yielding: other requests get their turn between pages.
    await new Promise(setImmediate);
  }
}

/** The live item with this name in a folder. */
export async function namesake(q: Queries, folder: Folder, name: string): Promise<ItemRow | undefined> {
  return (
    q<ItemRow>('items')
      .where({ owner_id: folder.ownerId, name })
      // An expression has no type in SQLite: without the cast it would compare a number with text.
      .whereRaw('coalesce(parent_id, 0) = cast(? as bigint)', [folder.parentId ?? ROOT_ID])
      .whereNull('deleted_at')
      .first()
  );
}

/** Inserts an item under a new id, with its first version. */
export async function insertItem(trx: Transaction, values: Omit<ItemRow, 'id' | 'deleted_at'>): Promise<ItemRow> {
  const row: ItemRow = { ...values, id: await newId(trx, 'local'), deleted_at: null };
  await trx('items').insert(row);
  await recordVersion(trx, row);
  return row;
}

/** Writes what changed of an item, one version on, and keeps the new version. */
export async function updateItem(
  trx: Transaction,
  item: ItemRow,
  changes: Partial<VersionRow> & Pick<VersionRow, 'status' | 'modified_at'>,
): Promise<ItemRow> {
  const values = { ...changes, version: item.version + 1 };
  await trx('items').where({ id: item.id }).update(values);
  const row = { ...item, ...values };
  await recordVersion(trx, row);
  return row;
}

async function recordVersion(trx: Transaction, row: ItemRow): Promise<void> {
  const version: VersionRow = {
    version: row.version,
    name: row.name,
    parent_id: row.parent_id,
    status: row.status,
    size: row.size,
    checksum: row.checksum,
    mimetype: row.mimetype,
    content_key: row.content_key,
    sha256: row.sha256,
    modified_at: row.modified_at,
  };
  await trx('item_versions').insert({ item_id: row.id, ...version });
}

/** Every version of an item, newest first. */
export async function versionsOf(q: Queries, id: ItemId): Promise<VersionRow[]> {
  return q<VersionRow & { item_id: ItemId }>('item_versions').where({ item_id: id }).orderBy('version', 'desc');
}

/** One version of an item. */
export async function versionOf(q: Queries, id: ItemId, version: number): Promise<VersionRow | undefined> {
  return q<VersionRow & { item_id: ItemId }>('item_versions').where({ item_id: id, version }).first();
}
