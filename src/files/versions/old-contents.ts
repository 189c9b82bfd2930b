import { itemIdOf, type AccountId, type ItemId } from '../../kernel/index.js';
import type { Queries, Transaction } from '../../platform/index.js';
import type { Knex } from 'knex';
import { addUsage } from '../records/owner.js';

/** One older content of a file. Several versions may have the same content: renames and moves make them. */
export interface OldContent {
  readonly itemId: ItemId;
  readonly contentKey: string;
  readonly size: number;
  /** When it was made, milliseconds. */
  readonly at: number;
}

interface OldContentRow {
  item_id: number | string;
  content_key: string;
  size: number;
  at: number;
}

/** All older contents of a live file. */
export async function oldContentsOf(q: Queries, itemId: ItemId): Promise<OldContent[]> {
  const rows = (await oldContents(q).where('v.item_id', itemId)) as OldContentRow[];
  return rows.map(contentOf);
}

/** The oldest of all older contents in an owner's tree, the oldest first. */
export async function oldestContents(q: Queries, ownerId: AccountId, limit: number): Promise<OldContent[]> {
  const theirs = oldContents(q).where({ 'i.owner_id': ownerId }).where('i.old_bytes', '>', 0);
  const rows = (await theirs.orderBy(['at', 'v.item_id', 'v.content_key']).limit(limit)) as OldContentRow[];
  return rows.map(contentOf);
}

function oldContents(q: Queries): Knex.QueryBuilder {
  return q('item_versions as v')
    .join('items as i', 'i.id', 'v.item_id')
    .whereNull('i.deleted_at')
    .whereNotNull('v.content_key')
    .whereRaw('v.content_key <> i.content_key')
    .groupBy('v.item_id', 'v.content_key', 'v.size')
    .select('v.item_id', 'v.content_key', 'v.size', { at: q.raw('min(v.modified_at)') });
}

function contentOf(row: OldContentRow): OldContent {
  return { itemId: itemIdOf(row.item_id), contentKey: row.content_key, size: row.size, at: row.at };
}

/**
 * Deletes older contents of one owner's live files, with every version that had them, and subtracts them from the
 * usage; the sweeper removes the bytes. Under the lock of the owner's tree. Answers how many bytes.
 */
export async function dropContents(
  trx: Transaction,
  ownerId: AccountId,
  contents: readonly OldContent[],
): Promise<number> {
  for (const { itemId, contentKey, size } of contents) {
    await trx('item_versions').where({ item_id: itemId, content_key: contentKey }).delete();
    await trx('items').where({ id: itemId }).decrement('old_bytes', size);
  }
  const bytes = contents.reduce((sum, { size }) => sum + size, 0);
  await addUsage(trx, ownerId, { versions: -bytes });
  return bytes;
}
