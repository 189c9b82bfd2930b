import type { AccountId, ItemId } from '../../kernel/index.js';
import { itemIdOf } from '../../kernel/index.js';
import { rowsOf, type Queries } from '../../platform/index.js';
import type { ChangeKind } from './note.js';

/** A change of a tree, as readers of the journal get it. */
export interface TreeChange {
  /** Grows by one with each change of the tree, in the order of the commits. */
  readonly number: number;
  readonly itemId: ItemId;
  readonly kind: ChangeKind;
  /**
   * The folders that contain it, the nearest first; for a move, those of the new place, then the others of the old one.
   */
  readonly above: readonly ItemId[];
  /** Where it was before a change of the kind `moved` or `removed`; absent where that was not kept. */
  readonly was?: { readonly parentId: ItemId | null; readonly name: string; readonly isFolder: boolean };
}

/** What {@link changesSince} answers. */
export type ChangesSince =
  | {
      readonly outcome: 'changes';
      /** In the order of the commits. */
      readonly changes: readonly TreeChange[];
      /** The cursor with which to ask next. */
      readonly cursor: string;
      /** True when more changes can be read at once. */
      readonly hasMore: boolean;
    }
  /** Changes since the cursor are no longer complete: list again, with a cursor that was taken before the listing. */
  | { readonly outcome: 'too-old' };

/** The part of a tree that is looked at: everything below `topId`, itself included; null: the whole tree. */
export interface ChangeScope {
  readonly ownerId: AccountId;
  readonly topId: ItemId | null;
}

/** What {@link stateOf} looks at of a folder's row. */
export interface FolderState {
  readonly id: number | string;
  readonly last_change: number;
  /**
   * What {@link KEPT_CHANGE} selects beside the row: null where the tree has no change, undefined where it was not
   * selected.
   */
  readonly kept_change?: string | null;
}

/**
 * Selects, beside the row `i` of a folder, the oldest change of its tree that is still kept and not older than the
 * folder's last one: an index seek within the statement that reads the folder anyway.
 */
export const KEPT_CHANGE = `(select cast(c.number as text) || ':' || c.mark from changes as c
  where c.tree = i.owner_id and c.number >= i.last_change order by c.number limit 1)`;

interface ChangeRow {
  number: number;
  item_id: number | string;
  kind: ChangeKind;
  above: string;
  mark: string;
  was_parent: number | string | null;
  was_name: string | null;
  was_folder: number | null;
}

/** One statement, so that no row can be deleted between reading the cursor's own row and those after it. */
const SINCE = `select number, item_id, kind, above, mark, was_parent, was_name, was_folder from changes
  where tree = ? and number >= cast(? as bigint) order by number limit ?`;

const NEWEST = 'select number, mark from changes where tree = ? order by number desc limit 1';

/**
 * A cursor at the newest change of a tree. Take it before you list: what is committed meanwhile is then reported again,
 * and nothing is left out. Do not show it to people as it is: its number says how often the tree has changed.
 */
export async function cursorOf(q: Queries, tree: AccountId): Promise<string> {
  const [newest] = await rowsOf<Pick<ChangeRow, 'number' | 'mark'>>(q, NEWEST, [tree]);
  return cursorText(newest ?? { number: 0, mark: await begun(q) });
}

/** Of the oldest change that is kept and not older than this number. */
const KEPT_SINCE =
  'select number, mark from changes where tree = ? and number >= cast(? as bigint) order by number limit 1';

/** Like {@link cursorOf}, at the last change of a folder, by the number in its row: it stays while nothing in it changes. */
export async function cursorAt(q: Queries, tree: AccountId, lastChange: number): Promise<string> {
  const [kept] = await rowsOf<Pick<ChangeRow, 'number' | 'mark'>>(q, KEPT_SINCE, [tree, lastChange]);
  return cursorText(kept ?? { number: 0, mark: await begun(q) });
}

/** True for a cursor that is not before the change of this number, so that a folder has no news since. */
export function isAtOrAfter(cursor: string, lastChange: number): boolean {
  return (readCursor(cursor)?.number ?? -1) >= lastChange;
}

/**
 * The changes in the scope that were committed since the cursor; up to `limit` changes of the tree are looked at.
 * `too-old` for a cursor whose change is no longer kept (30 days, 100,000 changes of the tree), that belongs to another
 * tree, or whose change this database never had, because it was restored from a backup.
 */
export async function changesSince(
  q: Queries,
  { ownerId, topId }: ChangeScope,
  cursor: string,
  limit: number,
): Promise<ChangesSince> {
  const from = readCursor(cursor);
  if (from === undefined) return { outcome: 'too-old' };
  const rows = await rowsOf<ChangeRow>(q, SINCE, [ownerId, from.number, limit + 2]);
  const found = from.number === 0 ? { number: 0, mark: await begun(q) } : rows.shift();
  if (found?.number !== from.number || found.mark !== from.mark) return { outcome: 'too-old' };
  const page = rows.slice(0, limit);
  // Numbers have gaps only where old changes were deleted.
  if (page.some(({ number }, index) => number !== from.number + 1 + index)) return { outcome: 'too-old' };
  const changes = page.map(changeOf).filter(({ itemId, above }) => isIn(topId, [itemId, ...above]));
  return { outcome: 'changes', changes, cursor: cursorText(page.at(-1) ?? found), hasMore: rows.length > limit };
}

/**
 * The number of the last change of a folder or of anything below it; 0 for none. Equal numbers mean that nothing has
 * changed.
 */
export async function lastChangeIn(q: Queries, { ownerId, topId }: ChangeScope): Promise<number> {
  if (topId === null) return (await rowsOf<Pick<ChangeRow, 'number'>>(q, NEWEST, [ownerId]))[0]?.number ?? 0;
  const folder = q<{ id: ItemId; owner_id: AccountId; last_change: number }>('items');
  return (await folder.where({ id: topId, owner_id: ownerId }).first('last_change'))?.last_change ?? 0;
}

/** Ids asked about in one statement. */
const BATCH = 400;

/** {@link lastChangeIn} of many folders, by their ids; files, and what is not there, have none. Asks nobody's leave. */
export async function lastChangesOf(q: Queries, ids: readonly ItemId[]): Promise<Map<ItemId, number>> {
  const found = new Map<ItemId, number>();
  for (let start = 0; start < ids.length; start += BATCH) {
    const rows = await q<{ id: ItemId | number; last_change: number; is_folder: boolean }>('items')
      .whereIn('id', ids.slice(start, start + BATCH))
      .where({ is_folder: true })
      .select('id', 'last_change');
    for (const { id, last_change: number } of rows) found.set(itemIdOf(id), number);
  }
  return found;
}

/**
 * Names the state of a folder and everything below: two names are equal only if nothing has changed between them, also
 * across a restored backup. After a restore, numbers are given a second time; therefore the random mark of the last
 * change is part of the name. Where that change is no longer kept, the oldest one that is kept stands for it: it was
 * committed later, so its mark is as unique to this history.
 */
export async function stateOf(q: Queries, folder: FolderState): Promise<string> {
  const { id, last_change: number, kept_change: kept } = folder;
  return [id, number, kept ?? `0:${await begun(q)}`].map(String).join(':');
}

/** Stands for the mark of the last change while a tree has no change. */
async function begun(q: Queries): Promise<string> {
  const [row] = await rowsOf<{ value: string }>(q, `select value from meta where key = 'changes-begun'`, []);
  return row?.value ?? '';
}

function cursorText({ number, mark }: Pick<ChangeRow, 'number' | 'mark'>): string {
  return `${String(number)}:${mark}`;
}

function readCursor(cursor: string): Pick<ChangeRow, 'number' | 'mark'> | undefined {
  const [, number, mark] = /^(\d{1,15}):(.+)$/.exec(cursor) ?? [];
  return number === undefined || mark === undefined ? undefined : { number: Number(number), mark };
}

function changeOf({ number, item_id: id, kind, above, ...row }: ChangeRow): TreeChange {
  const change = { number, itemId: itemIdOf(id), kind, above: above === '' ? [] : above.split(' ').map(itemIdOf) };
  const { was_parent: parentId, was_name: name, was_folder: isFolder } = row;
  if (name === null) return change;
  return {
    ...change,
    was: { parentId: parentId === null ? null : itemIdOf(parentId), name, isFolder: Boolean(isFolder) },
  };
}

function isIn(topId: ItemId | null, ids: readonly ItemId[]): boolean {
  return topId === null || ids.includes(topId);
}
