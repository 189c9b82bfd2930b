import { ROOT_ID, type AccountId, type ItemId } from '../../kernel/index.js';
import { rowsOf, type Queries } from '../../platform/index.js';
import type { Growth } from '../changes/note.js';
import type { ItemRow, Scope } from './item-rows.js';
import type { Lineage } from './lineage.js';

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

/** An item at a time, and the folder that it was in then. */
export interface CountedItem {
  readonly row: Pick<ItemRow, 'is_folder' | 'size' | 'below_bytes' | 'deleted_at' | 'staged_at'>;
  readonly parent: Lineage;
}

/**
 * What a change of an item adds to the bytes below the folders around it. What is on its way to its place, or in the trash, counts
 * nowhere; but a folder in the trash keeps the bytes of what is in it, so that it comes back with them. `before`: undefined for
 * a new one.
 */
export function growthsOf(before: CountedItem | undefined, after: CountedItem): readonly Growth[] {
  const [gone, come] = [before === undefined ? 0 : countedOf(before), countedOf(after)];
  if (before === undefined || before.parent === after.parent) return growthsBy([[after.parent.counting, come - gone]]);
  const [from, to] = [before.parent.counting, after.parent.counting];
  return growthsBy([
    [to.filter((id) => !from.includes(id)), come],
    [from.filter((id) => !to.includes(id)), -gone],
    [to.filter((id) => from.includes(id)), come - gone],
  ]);
}

function growthsBy(growths: readonly (readonly [readonly ItemId[], number])[]): readonly Growth[] {
  return growths
    .filter(([folders, bytes]) => folders.length > 0 && bytes !== 0)
    .map(([folders, bytes]) => ({ folders, bytes }));
}

/** The bytes that an item itself adds to the folder that it is in. */
function countedOf({ row }: CountedItem): number {
  if (row.deleted_at !== null || row.staged_at !== null) return 0;
  return row.is_folder ? row.below_bytes : row.size;
}

/** Rows that are added up in one statement: some milliseconds. */
const PIECE = 2_000;

const ROOT_BYTES = `select count(*) as items, max(id) as last, cast(coalesce(sum(bytes), 0) as bigint) as bytes from (
    select id, case when is_folder then below_bytes else size end as bytes from items
    where owner_id = ? and parent_id is null and erased_at is null and staged_at is null and deleted_at is null
      and id > cast(? as bigint) order by id limit ${String(PIECE)}
  ) as piece`;

interface PieceRow {
  readonly items: number;
  readonly last: number | string | null;
  readonly bytes: number;
}

/**
 * The bytes of the live files of a whole tree, which has no row that keeps them: the sum of what stands at its root, added up
 * piece by piece. What others share is not counted.
 */
export async function bytesBelowRoot(q: Queries, ownerId: AccountId): Promise<number> {
  let bytes = 0;
  let after: number | string = ROOT_ID;
  for (;;) {
    const [piece]: PieceRow[] = await rowsOf<PieceRow>(q, ROOT_BYTES, [ownerId, after]);
    bytes += piece?.bytes ?? 0;
    if (piece === undefined || piece.last === null || piece.items < PIECE) return bytes;
    after = piece.last;
    // better-sqlite3 answers without yielding: other requests get their turn between pieces.
    await new Promise(setImmediate);
  }
}
