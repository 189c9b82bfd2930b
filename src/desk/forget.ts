import type { ItemId } from '../kernel/index.js';
import type { Transaction } from '../platform/index.js';

/** Deletes comments and locks of items that were erased. */
export async function forgetItems(trx: Transaction, itemIds: readonly ItemId[]): Promise<void> {
  await trx('comment_threads').whereIn('item_id', itemIds).delete();
}
