import { itemIdOf, type ItemId } from '../kernel/index.js';
import { rowsOf, type Queries } from '../platform/index.js';
import type { ItemRow } from './item-rows.js';

/** Far more than MAX_DEPTH: a damaged tree must not hang a statement. */
const LIMIT = 200;

/** Begins a statement that can join `line` (id, parent_id, depth): the item `?` and everything above it, itself at 0. */
export const WITH_LINE = `with recursive line(id, parent_id, depth) as (
    select id, parent_id, 0 from items where id = ?
    union all
    select above.id, above.parent_id, line.depth + 1 from items as above
    join line on above.id = line.parent_id where line.depth < ${String(LIMIT)}
  )`;

const LINE_OF = `${WITH_LINE} select i.* from line join items as i on i.id = line.id order by line.depth`;

/** A place in an owner's tree: an item with everything above it, or the root, which has no rows. */
export class Line {
  /** The item first, the topmost folder last. */
  readonly rows: readonly ItemRow[];

  constructor(rows: readonly ItemRow[]) {
    this.rows = rows;
  }

  /** The owner's root. */
  static readonly root = new Line([]);

  /** The item with everything above it; undefined when there is no such item. */
  static async of(q: Queries, id: ItemId): Promise<Line | undefined> {
    const rows = await rowsOf<ItemRow>(q, LINE_OF, [id]);
    return rows.length === 0 ? undefined : new Line(rows);
  }

  /** The item at this place; undefined at the root. */
  get item(): ItemRow | undefined {
    return this.rows[0];
  }

  /** The id of the item at this place; null at the root. */
  get id(): ItemId | null {
    return this.item === undefined ? null : itemIdOf(this.item.id);
  }

  /** The place one level up. */
  get parent(): Line {
    return new Line(this.rows.slice(1));
  }

  /** Levels below the root: 0 for the root itself. */
  get depth(): number {
    return this.rows.length;
  }

  /** Bytes of the path from the root, with one separator before each name. */
  get pathBytes(): number {
    return this.rows.reduce((sum, row) => sum + 1 + Buffer.byteLength(row.name), 0);
  }

  /** The row of an item on this line, the item itself included. */
  find(id: ItemId): ItemRow | undefined {
    return this.rows.find((row) => itemIdOf(row.id) === id);
  }
}
