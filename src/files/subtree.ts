import type { Knex } from 'knex';
import { itemIdOf, type ItemId } from '../kernel/index.js';
import type { Queries, Transaction } from '../platform/index.js';

/** Live items from `id` downwards, itself included; nothing live is ever below something deleted. */
const DOWNWARDS = `
  with recursive below (id, depth, bytes) as (
    select id, 0, 0 from items where id = ? and deleted_at is null
    union all
    select child.id, below.depth + 1, below.bytes + 1 + octet_length(child.name) from items as child
    join below on child.parent_id = below.id where child.deleted_at is null
  )`;

/** How far a subtree reaches below its top: levels, and bytes of the longest path. */
export interface Reach {
  readonly depth: number;
  readonly bytes: number;
}

/** Measures the live subtree of an item. */
export async function reachOf(q: Queries, id: ItemId): Promise<Reach> {
  const rows: Reach[] = await q
    .from(q.raw(`(${DOWNWARDS} select max(depth) as depth, max(bytes) as bytes from below) as reach`, [id]))
    .select('depth', 'bytes');
  return rows[0] ?? { depth: 0, bytes: 0 };
}

/** What a deletion took away. */
export interface Removed {
  readonly folderIds: readonly ItemId[];
  /** Bytes of the files that were live. */
  readonly bytes: number;
}

/** Marks an item and everything below it deleted, one version on, with a version row each. */
export async function removeSubtree(trx: Transaction, id: ItemId, now: number): Promise<Removed> {
  const removed = await measure(trx, id);
  // The version rows come first: afterwards nothing tells these items from those deleted earlier.
  await recordDeletions(trx, id, now);
  await trx('items')
    .whereIn('id', idsBelow(trx, id))
    .update({ status: 'DELETED', version: trx.raw('version + 1'), modified_at: now, deleted_at: now });
  return removed;
}

async function measure(trx: Transaction, id: ItemId): Promise<Removed> {
  const folders: { id: number | string }[] = await trx('items')
    .whereIn('id', idsBelow(trx, id))
    .where({ is_folder: true })
    .select('id');
  const rows: { bytes: number | string | null }[] = await trx('items')
    .whereIn('id', idsBelow(trx, id))
    .sum({ bytes: 'size' });
  return { folderIds: folders.map((row) => itemIdOf(row.id)), bytes: Number(rows[0]?.bytes ?? 0) };
}

async function recordDeletions(trx: Transaction, id: ItemId, now: number): Promise<void> {
  const kept = ['name', 'parent_id', 'size', 'checksum', 'mimetype', 'content_key', 'sha256'];
  const columns = ['item_id', ...kept, 'version', 'status', 'modified_at'];
  const changed = [trx.raw('version + 1'), trx.raw(`'DELETED'`), trx.raw('cast(? as bigint)', [now])];
  const rows = trx('items')
    .whereIn('id', idsBelow(trx, id))
    .select('id', ...kept, ...changed);
  await trx(trx.raw(`item_versions (${columns.map(() => '??').join(', ')})`, columns)).insert(rows);
}

function idsBelow(trx: Transaction, id: ItemId): Knex.QueryBuilder {
  return trx
    .queryBuilder()
    .select('id')
    .from(trx.raw(`(${DOWNWARDS} select id from below) as subtree`, [id]));
}
