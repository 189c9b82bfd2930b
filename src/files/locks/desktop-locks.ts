import type { ItemId } from '../../kernel/index.js';
import type { Queries, Transaction } from '../../platform/index.js';
import { isHeld, type DesktopColumns, type DesktopRow, type LockRow } from './lock-row.js';

/**
 * The lock of a file as web desktops see it: an exclusive binding lock, which they take for an open one; else the lock
 * that a desktop took last, in force or not.
 */
export async function shownLock(q: Queries, itemId: ItemId, now: number): Promise<LockRow | undefined> {
  const rows: LockRow[] = await q<LockRow>('locks').where({ item_id: itemId }).orWhere({ bound_id: itemId });
  const binding = rows.find((row) => row.token !== null && !row.is_shared && !row.is_folder && isHeld(row, now));
  return binding ?? rows.find((row) => row.token === null);
}

/**
 * Inserts the row `fresh` if the file has no desktop lock, and answers what {@link shownLock} does then. The row is
 * locked until the commit: of several requests at once, all but the first wait.
 */
export async function enterLock(trx: Transaction, fresh: DesktopRow, now: number): Promise<LockRow | undefined> {
  // The first to insert gets the lock; on PostgreSQL the others wait here for that commit.
  await trx('locks').insert(fresh).onConflict('item_id').ignore();
  await desktopLock(trx, fresh.item_id as ItemId);
  return shownLock(trx, fresh.item_id as ItemId, now);
}

/** The lock that a desktop took last, its row locked until the commit; undefined when there never was one. */
export async function desktopLock(trx: Transaction, itemId: ItemId): Promise<LockRow | undefined> {
  return trx<LockRow>('locks').where({ item_id: itemId }).forUpdate().first();
}

/** Writes what changed of a desktop's lock. */
export async function writeDesktopLock(
  trx: Transaction,
  itemId: ItemId,
  values: Partial<DesktopColumns>,
): Promise<void> {
  await trx('locks').where({ item_id: itemId }).update(values);
}
