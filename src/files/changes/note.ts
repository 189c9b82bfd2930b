import { DAY, type AccountId, type ItemId } from '../../kernel/index.js';
import { placeholders, rowsOf, type Transaction } from '../../platform/index.js';

/**
 * What happened to an item of a tree. For a received item, a change of its permission or expiry counts as `changed`.
 */
export type ChangeKind = 'made' | 'changed' | 'moved' | 'removed' | 'restored';

/** One change of an account's tree, to be noted in the transaction that makes it. */
export interface NewChange {
  /** The owner of the tree; for a received item, the person in whose tree it appears. */
  readonly tree: AccountId;
  /** The item; for a received item, the shared folder or the mount. */
  readonly itemId: ItemId;
  readonly kind: ChangeKind;
  /** The folders that contain it, the nearest first; for a move, those of the old and of the new place. */
  readonly above: readonly ItemId[];
  /** True when the item is itself a folder of this tree: then it gets the number of the change, too. */
  readonly isFolder: boolean;
  /** Milliseconds. */
  readonly now: number;
  /** Where it was before, for a change that takes it from there. */
  readonly was?: WasAt;
  /** What it adds to the bytes below folders, each of them one of `above`; default: nothing. */
  readonly growths?: readonly Growth[];
}

/** Folders that a change gives as many more bytes of live files, or fewer, where it is negative. */
export interface Growth {
  readonly folders: readonly ItemId[];
  readonly bytes: number;
}

/** The place of an item before a change, and its name there. */
export interface WasAt {
  /** As its row has it; null: the root. */
  readonly parentId: ItemId | number | string | null;
  readonly name: string;
  readonly isFolder: boolean;
}

/** How long a change can be read, milliseconds. */
export const KEPT_FOR = 30 * DAY;

/**
 * Most changes of one tree that are kept, however young they are; they are counted only after every {@link EVERY}
 * changes.
 */
export const KEPT_ROWS = 100_000;

/** Changes of a tree between two counts of how many are kept. */
const EVERY = 1_000;

/** An index seek, not an aggregate: the newest number of a tree is found at once however many there are. */
const NOTE = `insert into changes (tree, number, item_id, kind, above, mark, due_at, was_parent, was_name, was_folder)
  select cast(? as text),
    coalesce((select c.number from changes as c where c.tree = ? order by c.number desc limit 1), 0) + 1,
    cast(? as bigint), cast(? as text), cast(? as text), cast(random() as text), cast(? as bigint),
    cast(? as bigint), cast(? as text), cast(? as integer)
  returning number`;

/**
 * Notes a change: it gets the next number of its tree, and every folder that contains the item gets that number too; the folder
 * in which it directly is, and was, gets its time. By the same statement their bytes below grow.
 * The caller holds the lock of the tree (`lockTree`) until the commit. Therefore numbers have no gaps and follow the
 * order of the commits, and a reader who sees a number sees all smaller ones. Answers the number.
 */
export async function noteChange(trx: Transaction, change: NewChange): Promise<number> {
  const { tree, itemId, kind, above, now, was, growths = [] } = change;
  const place = [was?.parentId ?? null, was?.name ?? null, was === undefined ? null : Number(was.isFolder)];
  const values = [tree, tree, itemId, kind, listOf(above), now + KEPT_FOR, ...place];
  const [row] = await rowsOf<{ number: number }>(trx, NOTE, values);
  if (row === undefined) throw new Error('a change was given no number');
  const folders = change.isFolder ? [itemId, ...above] : above;
  const around = aroundIt(change);
  const grown = growths.flatMap(({ folders: some, bytes }) => [...some, bytes]);
  const raised = [row.number, ...around, now, ...grown, ...folders];
  if (folders.length > 0) await rowsOf(trx, raising(around.length, growths, folders.length), raised);
  if (row.number % EVERY === 0) await forgetOldest(trx, tree, row.number - KEPT_ROWS);
  return row.number;
}

/** Ids as the table stores them, the nearest folder first. */
function listOf(ids: readonly ItemId[]): string {
  return ids.join(' ');
}

/** The folders in which it directly is, and was: it is their last change that is seen in a listing of each. */
function aroundIt({ above, was }: NewChange): readonly (ItemId | number | string)[] {
  const [nearest] = above;
  // Where nothing is changed directly inside, no folder has the id 0.
  return [nearest ?? 0, was?.parentId ?? 0];
}

function raising(around: number, growths: readonly Growth[], count: number): string {
  return `update items set last_change = ?,
    content_at = case when id in (${placeholders(around)}) then cast(? as bigint) else content_at end${growing(growths)}
    where id in (${placeholders(count)})`;
}

function growing(growths: readonly Growth[]): string {
  if (growths.length === 0) return '';
  const cases = growths.map(({ folders }) => `when id in (${placeholders(folders.length)}) then cast(? as bigint)`);
  return `, below_bytes = below_bytes + case ${cases.join(' ')} else 0 end`;
}

async function forgetOldest(trx: Transaction, tree: AccountId, last: number): Promise<void> {
  if (last > 0) await trx('changes').where({ tree }).where('number', '<=', last).delete();
}
