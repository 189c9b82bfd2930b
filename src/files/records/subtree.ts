import { ROOT_ID, type ItemId } from '../../kernel/index.js';
import { rowsOf, type Queries } from '../../platform/index.js';
import type { ItemRow, Scope } from './item-rows.js';

/** An item and everything live below it. */
const DOWNWARDS = `
  with recursive below (id, depth, bytes) as (
    select id, 0, 0 from items where id = ?
    union all
    select child.id, below.depth + 1, below.bytes + 1 + octet_length(child.name) from items as child
    join below on child.parent_id = below.id where child.deleted_at is null and child.staged_at is null
  )`;

/** How far a subtree reaches below its top: levels, and bytes of the longest path. */
export interface SubtreeExtent {
  readonly depth: number;
  readonly bytes: number;
}

/** Measures the live subtree of an item. */
export async function extentOf(q: Queries, id: ItemId): Promise<SubtreeExtent> {
  const rows: SubtreeExtent[] = await q
    .from(q.raw(`(${DOWNWARDS} select max(depth) as depth, max(bytes) as bytes from below) as extent`, [id]))
    .select('depth', 'bytes');
  return rows[0] ?? { depth: 0, bytes: 0 };
}

const LIVE_BELOW = `${DOWNWARDS} select i.* from below join items as i on i.id = below.id
  where below.depth > 0 order by below.depth, i.id limit ?`;

/** The live items below an item, each folder before its children; at most `limit`. */
export async function liveBelow(q: Queries, id: ItemId, limit: number): Promise<ItemRow[]> {
  return rowsOf<ItemRow>(q, LIVE_BELOW, [id, limit]);
}

/** A piece of what lies in part of a tree: its direct members, or all at any depth, whose ids are greater than `after`. */
export interface TreePiece {
  readonly isDeep: boolean;
  readonly after: ItemId;
  readonly limit: number;
}

/**
 * Live items in the order of their ids. Of a whole tree also what lies in a folder that is being deleted: whoever follows
 * the ways up sees that it is gone.
 */
export async function stretchOf(q: Queries, { ownerId, topId }: Scope, stretch: TreePiece): Promise<ItemRow[]> {
  const { isDeep, after, limit } = stretch;
  if (!isDeep) return rowsOf<ItemRow>(q, MEMBERS_AFTER, [ownerId, topId ?? ROOT_ID, after, limit]);
  if (topId === null) return rowsOf<ItemRow>(q, TREE_AFTER, [ownerId, after, limit]);
  return rowsOf<ItemRow>(q, BELOW_AFTER, [topId, topId, after, limit]);
}

const AFTER = 'i.deleted_at is null and i.staged_at is null and i.id > cast(? as bigint) order by i.id limit ?';
const MEMBERS_AFTER = `select i.* from items as i
  where i.owner_id = ? and coalesce(i.parent_id, 0) = cast(? as bigint) and ${AFTER}`;
const TREE_AFTER = `select i.* from items as i where i.owner_id = ? and ${AFTER}`;
const BELOW_AFTER = `${DOWNWARDS} select i.* from below join items as i on i.id = below.id
  where i.id <> cast(? as bigint) and ${AFTER}`;
