import { itemIdOf, ROOT_ID, type AccountId, type ItemId } from '../../kernel/index.js';
import type { Queries } from '../../platform/index.js';
import type { ItemRow } from '../records/item-rows.js';

/**
 * Items that one transaction touches while a large folder enters or leaves the trash: about 3 ms of the event loop
 * (scale.md 2.3).
 */
export const BATCH = 100;

/** Folders with at most this many items enter and leave the trash in one transaction. */
export const AT_ONCE = 500;

/** An item below a folder, and whether it is a separate entry of the trash. */
export interface Below extends ItemRow {
  readonly is_entry: boolean | number;
}

/** Where to look for items. */
export interface Search {
  readonly ownerId: AccountId;
  /** null: the owner's root. */
  readonly topId: ItemId | null;
}

/**
 * Everything below a folder, in batches of about {@link BATCH}, each folder before its children. Separate entries of
 * the trash are included, what lies in them is not. Reads one page at a time and yields the event loop between pages.
 */
export async function* itemsBelow(q: Queries, { ownerId, topId }: Search): AsyncGenerator<Below[]> {
  const folders: (ItemId | null)[] = [topId];
  let batch: Below[] = [];
  for (let at = folders.pop(); at !== undefined; at = folders.pop()) {
    for await (const page of pagesOf(q, ownerId, at)) {
      folders.push(...page.filter((row) => row.is_folder && !row.is_entry).map((row) => itemIdOf(row.id)));
      batch.push(...page);
      if (batch.length < BATCH) continue;
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}

async function* pagesOf(q: Queries, ownerId: AccountId, folderId: ItemId | null): AsyncGenerator<Below[]> {
  let after = ROOT_ID;
  for (;;) {
    const page: Below[] = await q('items as i')
      .leftJoin('trash as t', 't.item_id', 'i.id')
      .where({ 'i.owner_id': ownerId, 'i.parent_id': folderId })
      .where('i.id', '>', after)
      .whereNull('i.erased_at')
      .orderBy('i.id')
      .limit(BATCH)
      .select('i.*', { is_entry: q.raw('t.item_id is not null') });
    if (page.length > 0) yield page;
    const last = page[BATCH - 1];
    if (last === undefined) return;
    after = itemIdOf(last.id);
    // better-sqlite3 answers without yielding: other requests get their turn between pages.
    await new Promise(setImmediate);
  }
}

/** The items of a batch that belong to the entry around them, because they were not deleted separately before. */
export function ownOf(batch: readonly Below[]): Below[] {
  return batch.filter((row) => !row.is_entry);
}

/** The bytes that items take: of their current contents, and of older versions. */
export function bytesOf(rows: readonly Pick<ItemRow, 'size' | 'old_bytes'>[]): { current: number; versions: number } {
  return {
    current: rows.reduce((sum, row) => sum + row.size, 0),
    versions: rows.reduce((sum, row) => sum + row.old_bytes, 0),
  };
}

/** The ids of the folders among items. */
export function foldersOf(rows: readonly ItemRow[]): ItemId[] {
  return rows.filter((row) => row.is_folder).map((row) => itemIdOf(row.id));
}
