import { sortKey } from '../../src/kernel/index.js';
import { rowsOf, type Transaction } from '../../src/platform/index.js';
import { before, copyRows, like, numbersBelow, type Turn } from './copies.js';
import { forgetOldest, noteMade, raise } from './change-rows.js';
import { filesOf, LEAF, type Size } from './sizes.js';

/** What the product has made, and the tree is copied from. */
export interface TreeModels {
  readonly ownerId: string;
  /** The folder that holds everything, empty. */
  readonly topId: number;
  /** A file of some bytes in another folder. */
  readonly fileId: number;
}

/** Ids that follow each other. */
export interface Span {
  readonly first: number;
  readonly count: number;
}

/** Where the copies are: the folders in the top, those in them, and the files. */
export interface Tree {
  readonly topId: number;
  readonly regions: Span;
  readonly leaves: Span;
  readonly files: Span;
}

/**
 * Makes the tree as if the owner had made the folders of it first and then its files: the rows of items, versions, contents
 * and changes, the number of the last change at each folder, and what the files take.
 */
export async function fillTree(trx: Transaction, models: TreeModels, size: Size): Promise<Tree> {
  const { topId, ownerId, fileId } = models;
  const tree = spansFrom(await drawIds(trx, 'local', size.regions * (1 + size.leaves) + filesOf(size)), topId, size);
  const { regions, leaves, files } = tree;
  const named = (count: number, kind: 'folder' | 'file', nameOf: (k: number) => string) =>
    nameTable(trx, { count, kind, nameOf });
  const [region, folder, file] = [
    await named(size.regions, 'folder', (k) => `Region ${k}`),
    await named(size.leaves, 'folder', (k) => `Folder ${k}`),
    await named(LEAF, 'file', (k) => `File ${k}.bin`),
  ];
  await copyItems(trx, topId, { span: regions, parent: String(topId), names: region });
  await copyItems(trx, topId, { span: leaves, parent: `${regions.first} + i / ${size.leaves}`, names: folder });
  await copyItems(trx, fileId, { span: files, parent: `${leaves.first} + i / ${LEAF}`, names: file });
  await copyContents(trx, models, files.count);
  const offset = await noteMade(trx, ownerId, 'items', {
    first: regions.first,
    count: lastOf(files) - regions.first + 1,
  });
  await raise(trx, leaves, `select max(c.id) + ${offset} from items as c where c.parent_id = items.id`);
  for (const span of [regions, { first: topId, count: 1 }]) await raise(trx, span, LAST_IN_FOLDERS);
  await forgetOldest(trx, ownerId);
  return tree;
}

/** The number of the last change in any of a folder's folders. */
export const LAST_IN_FOLDERS = 'select max(c.last_change) from items as c where c.parent_id = items.id';

function lastOf({ first, count }: Span): number {
  return first + count - 1;
}

/**
 * Draws ids from the one series of the product; they follow each other, since nobody else is at work. Answers the
 * first.
 */
export async function drawIds(trx: Transaction, space: string, count: number): Promise<number> {
  await trx.raw(`insert into item_ids (space) ${numbersBelow(count)} select cast('${space}' as text) from n`);
  const [found] = await rowsOf<{ last: number | string }>(trx, 'select max(id) as last from item_ids', []);
  return Number(found?.last) - count + 1;
}

function spansFrom(first: number, topId: number, size: Size): Tree {
  const regions = { first, count: size.regions };
  const leaves = { first: lastOf(regions) + 1, count: size.regions * size.leaves };
  return { topId, regions, leaves, files: { first: lastOf(leaves) + 1, count: filesOf(size) } };
}

interface Names {
  readonly count: number;
  readonly kind: 'folder' | 'file';
  readonly nameOf: (k: number) => string;
}

/**
 * Makes a temporary table of names like those that people give, each with the sort key that the product makes of it.
 */
export async function nameTable(trx: Transaction, { count, kind, nameOf }: Names): Promise<Turn> {
  const table = `bench_${nameOf(0).replace(/\W.*/, '').toLowerCase()}`;
  await trx.raw(`create temporary table ${table} (k bigint primary key, name text, sort_key text)`);
  const rows = Array.from({ length: count }, (_, k) => ({ k, name: nameOf(k), sort_key: sortKey(nameOf(k), kind) }));
  await trx(table).insert(rows);
  return { table, count };
}

interface Copies {
  readonly span: Span;
  /** The id of the folder that holds the item number `i`. */
  readonly parent: string;
  readonly names: Turn;
}

/** Copies an item with its first version, without its content. */
export async function copyItems(trx: Transaction, modelId: number, { span, parent, names }: Copies): Promise<void> {
  const { first, count } = span;
  const place = { id: `${first} + i`, parent_id: parent, name: 't.name', sort_key: 't.sort_key', last_change: '0' };
  const times = ['modified_at', 'content_at', 'created_at'].map((column) => [column, before(column, count)]);
  const different = { ...place, ...Object.fromEntries(times), content_key: like('content_key', KEY) };
  await copyRows(trx, { table: 'items', where: { id: modelId } }, count, different, names);
  const version = await trx('item_versions').where({ item_id: modelId }).first<Record<string, unknown>>();
  const columns = Object.keys(version);
  await trx.raw(
    `insert into item_versions (${columns.join(', ')})
     select ${columns.map((column) => (column === 'item_id' ? 'id' : column)).join(', ')} from items
     where id between ? and ? order by id`,
    [first, lastOf(span)],
  );
}

/** Characters of the key of a content. */
const KEY = 40;

/** Gives each file a content of its own, of equal bytes, as if somebody had uploaded the same bytes again and again. */
async function copyContents(trx: Transaction, { ownerId, fileId }: TreeModels, count: number): Promise<void> {
  const model = await trx('items').where({ id: fileId }).first<{ content_key: string; size: number }>();
  const stored = { key: like('key', KEY), stored_at: before('stored_at', count) };
  await copyRows(trx, { table: 'inline_contents', where: { key: model.content_key } }, count, stored);
  const used = trx.raw('used_bytes + ?', [model.size * count]);
  await trx('accounts').where({ id: ownerId }).update({ used_bytes: used });
}
