import type { Transaction } from '../../platform/index.js';
import type { ContentColumns } from '../records/content-columns.js';
import type { ItemRow } from '../records/item-rows.js';
import { updateItem } from '../records/items.js';
import type { Lineage } from '../records/lineage.js';
import { thinningAfter } from '../versions/index.js';
import type { ChangeTransaction } from './change-transaction.js';

/** A content, with the time at which it was made if the caller gives one. */
export type DatedContent = ContentColumns & Partial<Pick<ItemRow, 'content_at' | 'staged_at'>>;

/** An existing file that gets new content, and the folder that it is in. */
export interface Renewed {
  readonly parent: Lineage;
  readonly item: ItemRow;
}

/** Gives a file new content; the previous content becomes an older version. Whoever calls it counts the bytes. */
export async function renew(
  trx: Transaction,
  changing: ChangeTransaction,
  { parent, item }: Renewed,
  content: DatedContent,
): Promise<ItemRow> {
  const now = changing.now();
  const changes = {
    content_at: now,
    ...content,
    status: 'CHANGED' as const,
    modified_at: now,
    old_bytes: item.old_bytes + item.size,
    thin_at: thinningAfter(item, now, changing.inputs.trash.keeping.thinning),
  };
  return updateItem(trx, item, changes, { kind: 'changed', parent });
}
