import type { Knex } from 'knex';
import { itemIdOf, notFound, ROOT_ID, type AccountId, type ItemId } from '../../kernel/index.js';
import { placeholders, rowsOf, written, type Queries, type Transaction, type Value } from '../../platform/index.js';
import { noteChange, type ChangeKind, type NewChange, type WasAt } from '../changes/note.js';
import { newId } from './item-ids.js';
import type { ListOptions } from '../space/file-space.js';
import { nameColumns, type ItemRow, type KeptColumns, type VersionRow } from './item-rows.js';
import type { Lineage } from './lineage.js';
import { growthsOf } from './subtree.js';

/** Rows of one page of children. */
const PAGE = 500;

/** A folder of an owner's tree; `parentId` null is the root. */
export interface Folder {
  readonly ownerId: AccountId;
  readonly parentId: ItemId | null;
}

/**
 * The condition for the children of a folder (null: the root, which is 0 here), in the form in which the indexes on
 * names and on the order are declared. A computed value has no type affinity in SQLite: without the cast it would
 * compare a number with text, and without the sum, which removes the affinity of the cast again, it would not use the
 * index.
 */
export function standsIn(
  parentId: ItemId | null,
  column = 'parent_id',
): { readonly sql: string; readonly values: [ItemId] } {
  return { sql: `coalesce(${column}, 0) = cast(? as bigint) + 0`, values: [parentId ?? ROOT_ID] };
}

/** The statements for pages of children: of a folder and of the root, each with and without deleted items. */
const PAGES = { folder: childrenPages('folder'), root: childrenPages('root') };

function childrenPages(of: 'folder' | 'root') {
  const all = (q: Queries): Knex.QueryBuilder => {
    const own = q('items').where({ owner_id: 'owner' });
    const inside = of === 'root' ? own.whereNull('parent_id') : own.where({ parent_id: 1 });
    return inside.whereNull('erased_at').whereNull('staged_at').where('id', '>', 1).orderBy('id').limit(PAGE);
  };
  return { all: written(all), live: written((q) => all(q).whereNull('deleted_at')) };
}

/** One page of a folder's children in the order of their ids, after the id `after`; shorter than a page at the end. */
async function pageOfChildren(q: Queries, folder: Folder, after: ItemId, includeDeleted: boolean): Promise<ItemRow[]> {
  const { ownerId, parentId } = folder;
  const pages = parentId === null ? PAGES.root : PAGES.folder;
  const place = parentId === null ? [ownerId] : [ownerId, parentId];
  return rowsOf<ItemRow>(q, (includeDeleted ? pages.all : pages.live)(q), [...place, after, PAGE]);
}

/**
 * Every child of a folder in the order of their ids. Keeps one page at a time in memory, however large the folder is.
 */
export async function* childrenOf(q: Queries, folder: Folder, options: ListOptions = {}): AsyncGenerator<ItemRow> {
  const { signal } = options;
  let after = ROOT_ID;
  for (;;) {
    // A folder of one page is read too quickly for a client to go away meanwhile.
    const isLong = after !== ROOT_ID;
    if (typeof signal !== 'function') signal?.throwIfAborted();
    else if (isLong) signal().throwIfAborted();
    const page = await pageOfChildren(q, folder, after, options.includeDeleted ?? false);
    yield* page;
    const last = page[PAGE - 1];
    if (last === undefined) return;
    after = itemIdOf(last.id);
    // better-sqlite3 answers without yielding: other requests get their turn between pages.
    await new Promise(setImmediate);
  }
}

/** The live item with this name in a folder. */
export async function namesake(q: Queries, folder: Folder, name: string): Promise<ItemRow | undefined> {
  const { sql, values } = standsIn(folder.parentId);
  return q<ItemRow>('items')
    .where({ owner_id: folder.ownerId, name })
    .whereRaw(sql, values)
    .whereNull('deleted_at')
    .first();
}

/** The name of an item, deleted or not; undefined when there is none. */
export async function nameOf(q: Queries, id: ItemId): Promise<string | undefined> {
  const row = await q('items')
    .where({ id: Number(id) })
    .first<{ name: string } | undefined>('name');
  return row?.name;
}

/** The values of a new item, without those that are the same for every new item. */
export type NewItem = Omit<ItemRow, 'id' | 'parent_id' | 'sort_key' | 'kept_change' | KeptColumns> &
  Partial<Pick<ItemRow, 'staged_at' | 'below_bytes'>>;

/**
 * Inserts an item under a new id, with its first version, and notes the change. Under the lock of the owner's tree. A folder
 * that gets its contents by {@link insertBelow} comes with the bytes of all of them.
 */
export async function insertItem(trx: Transaction, parent: Lineage, values: NewItem): Promise<ItemRow> {
  const fresh = { deleted_at: null, old_bytes: 0, thin_at: null, erased_at: null, last_change: 0, below_bytes: 0 };
  const named = nameColumns(values.name, values.is_folder ? 'folder' : 'file');
  const place = { parent_id: parent.id, staged_at: values.staged_at ?? null };
  const row: ItemRow = { ...fresh, ...values, ...named, ...place, id: await newId(trx, 'local') };
  await trx('items').insert(row);
  await recordVersion(trx, row);
  const growths = growthsOf(undefined, { row, parent });
  await noteItem(trx, row, { kind: 'made', above: parent.ids, growths });
  return row;
}

/** Rows inserted in one statement. */
const AT_ONCE = 40;

/**
 * Inserts the contents of a folder that this transaction has just inserted, each folder before its children, with the
 * first version of each. Notes no changes of their own: nobody has seen the folder yet, and its insertion was noted.
 */
export async function insertBelow(trx: Transaction, rows: readonly ItemRow[]): Promise<void> {
  for (let start = 0; start < rows.length; start += AT_ONCE) {
    const some = rows
      .slice(start, start + AT_ONCE)
      .map((row) => ({ ...row, ...nameColumns(row.name, row.is_folder ? 'folder' : 'file') }));
    await trx('items').insert(some);
    const versions = some.map((row) =>
      Object.fromEntries(VERSION_COLUMNS.map((column) => [column, column === 'item_id' ? row.id : row[column]])),
    );
    await trx('item_versions').insert(versions);
  }
}

/** What happened to an item, and where. */
export interface Happened {
  readonly kind: Exclude<ChangeKind, 'made'>;
  /** The folder that it is in afterwards. */
  readonly parent: Lineage;
  /** The folder that it was in before; default: the same. */
  readonly from?: Lineage;
}

/**
 * Writes what changed of an item, one version on, keeps the new version and notes the change, with the bytes that the folders
 * around it gain and lose. Under the lock of the owner's tree; `item` as its row has been since.
 */
export async function updateItem(
  trx: Transaction,
  item: ItemRow,
  changes: Partial<VersionRow & Pick<ItemRow, KeptColumns>> & Pick<VersionRow, 'status' | 'modified_at'>,
  { kind, parent, from = parent }: Happened,
): Promise<ItemRow> {
  const named = changes.name === undefined ? {} : nameColumns(changes.name, item.is_folder ? 'folder' : 'file');
  const isGone = kind === 'moved' || kind === 'removed';
  const lands = item.staged_at !== null && isGone;
  const values = { ...changes, ...named, ...(lands ? { staged_at: null } : {}), version: item.version + 1 };
  await writeColumns(trx, item.id, values);
  const row = { ...item, ...values };
  await recordVersion(trx, row);
  // Nobody has seen it before: it is made where it comes to, and what never came there is gone for nobody.
  const told = lands ? (kind === 'moved' ? 'made' : 'changed') : kind;
  const was = isGone && !lands ? { was: placeOf(item) } : {};
  const growths = growthsOf({ row: item, parent: from }, { row, parent });
  await noteItem(trx, row, { kind: told, above: aroundBoth(parent, from), growths, ...was });
  return row;
}

/** Says of a file when its content was made: version + 1. `lineage`: of the file. */
export async function redateItem(
  trx: Transaction,
  { item, parent }: Pick<Lineage, 'item' | 'parent'>,
  { contentAt, now }: { readonly contentAt: number; readonly now: number },
): Promise<ItemRow> {
  if (item === undefined || item.is_folder) throw notFound();
  const changes = { content_at: contentAt, status: 'CHANGED', modified_at: now } as const;
  return updateItem(trx, item, changes, { kind: 'changed', parent });
}

/** Keeps hashes of the content that an item has, with the item and its current version. */
export async function keepHashes(trx: Transaction, item: ItemRow, hashes: string): Promise<ItemRow> {
  await writeColumns(trx, item.id, { hashes });
  await trx('item_versions').where({ item_id: item.id, version: item.version }).update({ hashes });
  return { ...item, hashes };
}

/** The folders that contain an item afterwards, then the others that contained it before. */
function aroundBoth(after: Lineage, before: Lineage): readonly ItemId[] {
  return after === before ? after.ids : [...new Set([...after.ids, ...before.ids])];
}

function placeOf({ parent_id: parentId, name, is_folder: isFolder }: ItemRow): WasAt {
  return { parentId, name, isFolder: Boolean(isFolder) };
}

/** Written as SQL text, like the next: there are as many texts as kinds of change. */
async function writeColumns(trx: Transaction, id: ItemRow['id'], values: Partial<Record<keyof ItemRow, Value>>) {
  const columns = Object.entries(values);
  const named = columns.map(([name]) => `${name} = ?`).join(', ');
  await rowsOf(trx, `update items set ${named} where id = ?`, [...columns.map(([, value]) => value), id]);
}

async function noteItem(
  trx: Transaction,
  row: ItemRow,
  change: Pick<NewChange, 'kind' | 'above' | 'growths' | 'was'>,
): Promise<void> {
  // A new folder needs no number: nothing below it has changed yet, and nobody knows an older number of it.
  const isFolder = change.kind !== 'made' && Boolean(row.is_folder);
  await noteChange(trx, { ...change, tree: row.owner_id, itemId: itemIdOf(row.id), isFolder, now: row.modified_at });
}

async function recordVersion(trx: Transaction, row: ItemRow): Promise<void> {
  const values = VERSION_COLUMNS.map((column) => (column === 'item_id' ? row.id : row[column]));
  await rowsOf(trx, INSERT_VERSION, values);
}

const VERSION_COLUMNS = [
  ...(['item_id', 'version', 'name', 'parent_id', 'status', 'size', 'checksum'] as const),
  ...(['mimetype', 'content_key', 'sha256', 'hashes', 'modified_at', 'content_at'] as const),
];

/** Written as SQL text and not with the query builder, because every change of a file runs it. */
const INSERT_VERSION = `insert into item_versions (${VERSION_COLUMNS.join(', ')})
  values (${placeholders(VERSION_COLUMNS.length)})`;

/** Every version of an item, newest first. */
export async function versionsOf(q: Queries, id: ItemId): Promise<VersionRow[]> {
  return q<VersionRow & { item_id: ItemId }>('item_versions').where({ item_id: id }).orderBy('version', 'desc');
}

/** The greatest number that the column of versions can hold. */
const GREATEST_VERSION = 2_147_483_647;

/** One version of an item; undefined for a number that is greater than the column can hold (ruling F-68). */
export async function versionOf(q: Queries, id: ItemId, version: number): Promise<VersionRow | undefined> {
  if (version > GREATEST_VERSION) return undefined;
  return q<VersionRow & { item_id: ItemId }>('item_versions').where({ item_id: id, version }).first();
}

/** An item as it was at one of its versions, or as it is now where that version is gone; undefined when it is gone itself. */
export async function itemAt(q: Queries, id: ItemId, version: number): Promise<ItemRow | undefined> {
  const item = await q<ItemRow>('items')
    .where({ id: Number(id) })
    .first();
  if (item === undefined) return undefined;
  const row = await versionOf(q, id, version);
  return row === undefined ? item : { ...item, ...row };
}
