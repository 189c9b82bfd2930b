import { itemIdOf, type ItemId } from '../../kernel/index.js';
import { rowsOf, type Queries } from '../../platform/index.js';
import { KEPT_CHANGE } from '../changes/since.js';
import type { ItemRow } from './item-rows.js';

/** Far more than MAX_DEPTH: a damaged tree must not hang a statement. */
const LIMIT = 200;

/** Begins a statement that can join `lineage` (id, parent_id, depth): the item `?` and everything above it, itself at 0. */
export const WITH_LINEAGE = `with recursive lineage(id, parent_id, depth) as (
    select id, parent_id, 0 from items where id = ?
    union all
    select above.id, above.parent_id, lineage.depth + 1 from items as above
    join lineage on above.id = lineage.parent_id where lineage.depth < ${String(LIMIT)}
  )`;

const LINEAGE_OF = `${WITH_LINEAGE} select i.* from lineage join items as i on i.id = lineage.id order by lineage.depth`;

const LINEAGE_WITH_STATE = `${WITH_LINEAGE} select i.*, case when lineage.depth = 0 then ${KEPT_CHANGE} end as kept_change
  from lineage join items as i on i.id = lineage.id order by lineage.depth`;

/** An item of an owner's tree with all its ancestors, or the root, which has no rows. */
export class Lineage {
  /** The item first, the topmost folder last. */
  readonly rows: readonly ItemRow[];

  constructor(rows: readonly ItemRow[]) {
    this.rows = withDeletions(rows);
  }

  /** The owner's root. */
  static readonly root = new Lineage([]);

  /** The item with everything above it; undefined when there is no such item. */
  static async of(q: Queries, id: ItemId): Promise<Lineage | undefined> {
    return Lineage.#by(q, LINEAGE_OF, id);
  }

  /** {@link of}, with the column from which `stateOf` names the state of a folder. */
  static async withState(q: Queries, id: ItemId): Promise<Lineage | undefined> {
    return Lineage.#by(q, LINEAGE_WITH_STATE, id);
  }

  static async #by(q: Queries, statement: string, id: ItemId): Promise<Lineage | undefined> {
    const rows = await rowsOf<ItemRow>(q, statement, [id]);
    return rows[0] === undefined || isErased(rows[0]) ? undefined : new Lineage(rows);
  }

  /** The item itself; undefined at the root. */
  get item(): ItemRow | undefined {
    return this.rows[0];
  }

  /** The id of the item itself; null at the root. */
  get id(): ItemId | null {
    return this.item === undefined ? null : itemIdOf(this.item.id);
  }

  /** The lineage of the folder that the item lies in. */
  get parent(): Lineage {
    return new Lineage(this.rows.slice(1));
  }

  /** The ids of the item and of its ancestors, the nearest first; none at the root. */
  get ids(): readonly ItemId[] {
    return this.rows.map((row) => itemIdOf(row.id));
  }

  /**
   * The ids of the folders whose bytes below include what lies in this one: it and its ancestors, up to one that is on its
   * way to its place. That counts around itself only when it comes there (webdav.md 1.6, `oc:size`).
   */
  get counting(): readonly ItemId[] {
    const end = this.rows.findIndex((row) => row.staged_at !== null);
    return end === -1 ? this.ids : this.ids.slice(0, end + 1);
  }

  /** Levels below the root: 0 for the root itself. */
  get depth(): number {
    return this.rows.length;
  }

  /** Bytes of the path from the root, with one separator before each name. */
  get pathBytes(): number {
    return this.rows.reduce((sum, row) => sum + 1 + Buffer.byteLength(row.name), 0);
  }

  /** The row of the item itself or of one of its ancestors; undefined for any other id. */
  find(id: ItemId): ItemRow | undefined {
    return this.rows.find((row) => itemIdOf(row.id) === id);
  }
}

/** The ids of a folder and of everything above it; null is the root, above which there is nothing. */
export async function idsUpwards(q: Queries, folderId: ItemId | number | string | null): Promise<readonly ItemId[]> {
  return folderId === null ? [] : ((await Lineage.of(q, itemIdOf(folderId)))?.ids ?? []);
}

/** True for the row of an erased item, which remains only because ended shares refer to it. */
export function isErased(row: Pick<ItemRow, 'erased_at'>): boolean {
  return row.erased_at !== null;
}

/**
 * Marks everything inside a deleted folder as deleted. Its own row may not say so yet, because large folders enter and
 * leave the trash in batches (`src/files/trash/`).
 */
export function withDeletions<Row extends ItemRow>(rows: readonly Row[]): readonly Row[] {
  const lowest = rows.findLastIndex((row) => row.deleted_at !== null);
  if (lowest <= 0) return rows;
  let deletedAt: number | null = null;
  const downwards = rows.toReversed().map((row): Row => {
    deletedAt = row.deleted_at ?? deletedAt;
    return row.deleted_at === deletedAt ? row : { ...row, deleted_at: deletedAt, status: 'DELETED' };
  });
  return downwards.reverse();
}
