import { isFailure, itemIdOf, type ItemId } from '../../kernel/index.js';
import type { Database, Transaction } from '../../platform/index.js';
import { noteChange } from '../changes/note.js';
import type { ItemRow } from '../records/item-rows.js';
import { updateItem } from '../records/items.js';
import { Lineage } from '../records/lineage.js';
import { addUsage, lockTree } from '../records/owner.js';
import { refuseTooDeep } from '../places/placement.js';
import { freeNameIn } from '../records/root-names.js';
import { extentOf } from '../records/subtree.js';
import { bytesOf, itemsBelow, ownOf } from './below.js';
import { lockEntry, placeNames, type TrashRow } from './entries.js';
import { recordStatus } from './statuses.js';

/** Where an entry was restored to. */
export interface Restored {
  readonly id: ItemId;
  /** With a number if the old name is taken. */
  readonly name: string;
  /** null: the owner's root. */
  readonly parentId: ItemId | null;
  /** False when the folder that contained it no longer exists, so that it was restored to the root. */
  readonly isWhereItWas: boolean;
}

/**
 * Restores the contents of a deleted folder, one batch per transaction; {@link land} then restores the folder itself.
 */
export async function reviveContents(database: Database, entry: TrashRow, now: number): Promise<void> {
  const { owner_id: ownerId, item_id: id } = entry;
  for await (const batch of itemsBelow(database.read, { ownerId, topId: itemIdOf(id) })) {
    const left = ownOf(batch).filter((row) => row.deleted_at !== null);
    if (left.length === 0) continue;
    await database.write(async (trx) => {
      await lockTree(trx, ownerId);
      const found = await lockEntry(trx, ownerId, itemIdOf(id));
      if (found?.state !== 'restoring') return;
      const ids = left.map((row) => row.id);
      const dead = await trx<ItemRow>('items').whereIn('id', ids).whereNotNull('deleted_at');
      await revive(trx, entry, dead, now);
    });
  }
}

/** Restores the contents of a small deleted folder in the caller's transaction. */
export async function reviveAtOnce(trx: Transaction, entry: TrashRow, now: number): Promise<void> {
  const { owner_id: ownerId, item_id: id } = entry;
  for await (const batch of itemsBelow(trx, { ownerId, topId: itemIdOf(id) })) {
    await revive(trx, entry, ownOf(batch), now);
  }
}

async function revive(trx: Transaction, entry: TrashRow, rows: readonly ItemRow[], now: number): Promise<void> {
  if (rows.length === 0) return;
  // New numbers tell clients that knew these folders before to list them again.
  const { owner_id: tree, item_id: id } = entry;
  const about = { tree, itemId: itemIdOf(id), kind: 'restored', above: [], isFolder: true, now } as const;
  const number = await noteChange(trx, about);
  await recordStatus(trx, rows, { status: 'NEW', modified_at: now, deleted_at: null, last_change: number });
  await uncount(trx, entry, rows);
}

async function uncount(trx: Transaction, entry: TrashRow, rows: readonly ItemRow[]): Promise<void> {
  const { current, versions } = bytesOf(rows);
  await trx('trash')
    .where({ item_id: entry.item_id })
    .update({ bytes: trx.raw('bytes - ?', [current + versions]) });
  await addUsage(trx, entry.owner_id, { current, versions, trash: -(current + versions) });
}

/**
 * The last step of a restoration: the item itself is restored to its old folder; to the root when that folder is gone,
 * when it would be too deep there, or when `mayGoHome` is false. Under the lock of the tree.
 */
export async function land(trx: Transaction, entry: TrashRow, now: number, mayGoHome = true): Promise<Restored> {
  const item = await itemOf(trx, entry);
  const parent = mayGoHome ? await placeFor(trx, item, entry) : undefined;
  const parentId = parent?.id ?? null;
  const name = await freeNameIn(trx, { ownerId: item.owner_id, parentId }, item.name);
  const back = { name, parent_id: parentId, status: 'NEW', modified_at: now, deleted_at: null } as const;
  const row = await updateItem(trx, item, back, { kind: 'restored', parent: parent ?? Lineage.root });
  await uncount(trx, entry, [row]);
  await trx('trash').where({ item_id: entry.item_id }).delete();
  return { id: itemIdOf(row.id), name, parentId, isWhereItWas: parent !== undefined };
}

/** The folder that an entry was deleted from; undefined when it cannot be restored there. */
export async function homeOf(trx: Transaction, entry: TrashRow): Promise<Lineage | undefined> {
  return placeFor(trx, await itemOf(trx, entry), entry);
}

async function itemOf(trx: Transaction, entry: TrashRow): Promise<ItemRow> {
  const item: ItemRow | undefined = await trx<ItemRow>('items').where({ id: entry.item_id }).first();
  if (item === undefined) throw new Error(`an entry of the trash without an item: ${String(entry.item_id)}`);
  return item;
}

async function placeFor(trx: Transaction, item: ItemRow, { place }: TrashRow): Promise<Lineage | undefined> {
  if (item.parent_id === null) return place === '' ? Lineage.root : undefined;
  const parent = await Lineage.of(trx, itemIdOf(item.parent_id));
  if (parent?.item?.deleted_at !== null) return undefined;
  // If the folder was not moved downwards since, the item fits as it did before and need not be measured.
  const isAsHigh = parent.depth <= placeNames(place).length && parent.pathBytes <= Buffer.byteLength(place) + 1;
  return isAsHigh || (await fits(trx, item, parent)) ? parent : undefined;
}

/** Whether everything in the item stays within the limits of depth and path length (threat model PTH-03). */
async function fits(trx: Transaction, item: ItemRow, parent: Lineage): Promise<boolean> {
  try {
    refuseTooDeep(parent, item.name, await extentOf(trx, itemIdOf(item.id)));
    return true;
  } catch (error) {
    if (isFailure(error, 'invalid')) return false;
    throw error;
  }
}
