import type { Transaction } from '../../platform/index.js';
import type { ItemRow } from '../records/item-rows.js';

/** The columns to write on many items at once. */
export type Happening = Pick<ItemRow, 'status' | 'modified_at' | 'deleted_at'> & Partial<Pick<ItemRow, 'last_change'>>;

/** The columns that a version row copies from its item. */
const KEPT = ['name', 'parent_id', 'size', 'checksum', 'mimetype', 'content_key', 'sha256', 'hashes', 'content_at'];

/**
 * Deletes or restores many items: each gets a new version, with a version row. No changes are noted for them: the
 * change of the folder around them is noted, and hides or shows them all.
 */
export async function recordStatus(trx: Transaction, rows: readonly ItemRow[], happening: Happening): Promise<void> {
  const ids = rows.map((row) => row.id);
  await trx('items')
    .whereIn('id', ids)
    .update({ ...happening, version: trx.raw('version + 1') });
  const columns = ['item_id', ...KEPT, 'version', 'status', 'modified_at'];
  const now = trx('items')
    .whereIn('id', ids)
    .select('id', ...KEPT, 'version', 'status', 'modified_at');
  await trx(trx.raw(`item_versions (${columns.map(() => '??').join(', ')})`, columns)).insert(now);
}
