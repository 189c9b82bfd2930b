import { itemIdOf, type AccountId, type ItemId } from '../../kernel/index.js';
import type { Queries, Transaction } from '../../platform/index.js';
import type { ItemRow } from '../records/item-rows.js';

/**
 * The state of an entry. `filling`, `restoring` and `erasing` are states of large folders, whose contents follow in
 * batches: a deletion hides all of them with its first commit, a restoration shows them with its last.
 */
export type EntryState = 'filling' | 'kept' | 'restoring' | 'erasing';

/** One thing in somebody's trash: a file, or a whole folder. */
export interface TrashEntry {
  readonly id: ItemId;
  readonly name: string;
  readonly kind: 'file' | 'folder';
  /** The names of the folders above it when it was deleted, the topmost first. */
  readonly place: readonly string[];
  /** Who deleted it, in the words of `actorOf`: the owner, a member, or a grant. */
  readonly deletedBy: string;
  /** Milliseconds. */
  readonly deletedAt: number;
  /** The bytes that it takes, with older versions and everything in it. */
  readonly bytes: number;
}

/** A row of the table `trash`: what was deleted together. */
export interface TrashRow {
  item_id: number | string;
  owner_id: AccountId;
  trashed_at: number;
  trashed_by: string;
  place: string;
  bytes: number;
  items: number;
  state: EntryState;
}

/** The position at which a page of entries ended. */
export interface EntryCursor {
  readonly deletedAt: number;
  readonly id: ItemId;
}

type ListedRow = TrashRow & Pick<ItemRow, 'name' | 'is_folder'>;

/** What can be restored from an owner's trash, the newest first; `after` is the last entry of the page before. */
export async function entriesOf(
  q: Queries,
  ownerId: AccountId,
  limit: number,
  after?: EntryCursor,
): Promise<TrashEntry[]> {
  const rows = q<TrashRow>('trash as t')
    .join('items as i', 'i.id', 't.item_id')
    .where('t.owner_id', ownerId)
    .whereIn('t.state', ['filling', 'kept'])
    .orderBy([
      { column: 't.trashed_at', order: 'desc' },
      { column: 't.item_id', order: 'desc' },
    ])
    .limit(limit)
    .select<ListedRow[]>('t.*', 'i.name', 'i.is_folder');
  if (after !== undefined) {
    rows.whereRaw('(t.trashed_at, t.item_id) < (cast(? as bigint), cast(? as bigint))', [after.deletedAt, after.id]);
  }
  return (await rows).map(entryOf);
}

/**
 * One entry of an owner's trash, its row locked until the commit; undefined when there is none that can be restored.
 */
export async function lockEntry(trx: Transaction, ownerId: AccountId, id: ItemId): Promise<TrashRow | undefined> {
  const row = await trx<TrashRow>('trash').where({ item_id: id, owner_id: ownerId }).first();
  return row === undefined || row.state === 'erasing' ? undefined : row;
}

/** The names of {@link TrashEntry.place} as one text, separated by slashes, which no name contains. */
export function placeText(names: readonly string[]): string {
  return names.join('/');
}

/** Reads what {@link placeText} wrote. */
export function placeNames(text: string): readonly string[] {
  return text === '' ? [] : text.split('/');
}

function entryOf(row: ListedRow): TrashEntry {
  return {
    id: itemIdOf(row.item_id),
    name: row.name,
    kind: row.is_folder ? 'folder' : 'file',
    place: placeNames(row.place),
    deletedBy: row.trashed_by,
    deletedAt: row.trashed_at,
    bytes: row.bytes,
  };
}
