import type { Knex } from 'knex';
import { invalid, itemIdOf, ROOT_ID, type AccountId, type ItemId } from '../../kernel/index.js';
import type { Queries, Transaction } from '../../platform/index.js';
import type { ReachedAbroad, ReachedHere } from '../access/access.js';
import { noteChange } from '../changes/note.js';
import { lineageOf } from './local-places.js';
import { nameColumns } from '../records/item-rows.js';
import { lockTree } from '../records/owner.js';
import { refuseClash, refuseTooDeep, requireFolder } from './placement.js';
import { idsUpwards, Lineage } from '../records/lineage.js';
import { freeRootName } from '../records/root-names.js';
import type { Node } from '../space/file-space.js';

/**
 * The row that places a received item in a person's tree. A received item is the top of what somebody else shares with
 * them: a mount, or a folder that they are a member of. They decide in which of their own folders it appears and under
 * which name; the person who shares it is not told.
 */
export interface ReceivedRow {
  readonly table: 'mounts' | 'members';
  readonly where: Readonly<Record<string, string>>;
}

/** The row that places a received item in the person's tree. */
export function receivedRowOf(accountId: AccountId, top: ReachedAbroad | ReachedHere): ReceivedRow {
  if (top.kind === 'mount') return { table: 'mounts', where: { id: top.mount.id } };
  return { table: 'members', where: { folder_id: top.scope.topId ?? ROOT_ID, account_id: accountId } };
}

/** The new place of a received item; absent fields stay as they are. */
export interface ReceivedPlacement {
  readonly parentId?: ItemId;
  /** Checked with `parseName`. */
  readonly name?: string;
}

/** The column that identifies a row, and whose value is the item's id in the person's tree. */
const KEYS = { mounts: 'id', members: 'folder_id' } as const;

/**
 * Moves or renames a received item within the person's own tree, in the caller's transaction. Throws like a move of an
 * own item when the parent is no live folder of theirs, the name is taken there, or the place is too deep.
 */
export async function placeReceived(
  trx: Transaction,
  accountId: AccountId,
  received: ReceivedRow,
  { now, ...wanted }: ReceivedPlacement & { readonly now: number },
): Promise<void> {
  await lockTree(trx, accountId);
  const found: PlacedRow | undefined = await placedRows(trx, received.table).where(received.where).first();
  if (found === undefined) return;
  const parent = await ownFolder(trx, accountId, wanted.parentId ?? (String(found.parent_id ?? ROOT_ID) as ItemId));
  const name = wanted.name ?? found.name;
  const stays = name === found.name && String(parent.id ?? ROOT_ID) === String(found.parent_id ?? ROOT_ID);
  if (stays) return;
  await refuseClash(trx, { scope: { ownerId: accountId, topId: null }, parent, name });
  refuseTooDeep(parent, name);
  const values = { ...nameColumns(name, found.kind), parent_id: parent.id };
  await trx(received.table).where(received.where).update(values);
  await noteMove(trx, accountId, { received: found, parent, now });
}

/** The columns of a received item's row that place it. */
interface PlacedRow {
  readonly key: number | string;
  readonly kind: Node['kind'];
  readonly name: string;
  readonly parent_id: number | string | null;
}

/** Only folders have members. */
function placedRows(q: Queries, table: ReceivedRow['table']): Knex.QueryBuilder<PlacedRow, PlacedRow[]> {
  const kind = table === 'members' ? q.raw("'folder' as kind") : 'kind';
  return q<PlacedRow, PlacedRow[]>(table).select({ key: KEYS[table] }, 'name', 'parent_id', kind);
}

/** Notes the change of a received item, whose row was `received` before, to another folder or name. */
async function noteMove(
  trx: Transaction,
  tree: AccountId,
  { received, parent, now }: { readonly received: PlacedRow; readonly parent: Lineage; readonly now: number },
): Promise<void> {
  const above = [...new Set([...parent.ids, ...(await idsUpwards(trx, received.parent_id))])];
  const was = { parentId: received.parent_id, name: received.name, isFolder: received.kind === 'folder' };
  await noteChange(trx, { tree, itemId: itemIdOf(received.key), kind: 'moved', above, isFolder: false, now, was });
}

/**
 * Moves received items out of folders that are being deleted to the root, under names that are free there: deleting an
 * own folder must not hide what others share.
 */
export async function releaseReceived(
  trx: Transaction,
  accountId: AccountId,
  folderIds: readonly ItemId[],
  now: number,
): Promise<void> {
  const gone = new Set<string>(folderIds);
  const placed = async (table: ReceivedRow['table']): Promise<void> => {
    const key = KEYS[table];
    const rows = await placedRows(trx, table).where('account_id', accountId).whereNotNull('parent_id');
    for (const row of rows.filter(({ parent_id: parentId }) => gone.has(String(parentId)))) {
      const name = await freeRootName(trx, accountId, row.name);
      const where = { [key]: row.key, account_id: accountId };
      await trx(table)
        .where(where)
        .update({ ...nameColumns(name, row.kind), parent_id: null });
      await noteMove(trx, accountId, { received: row, parent: Lineage.root, now });
    }
  };
  await placed('mounts');
  await placed('members');
}

async function ownFolder(q: Queries, accountId: AccountId, id: ItemId): Promise<Lineage> {
  const parent = await lineageOf(q, { ownerId: accountId, topId: null }, id);
  if (parent === undefined) throw invalid('What others share with you can stand in your own folders only.');
  requireFolder(parent, 'parent-wrong');
  return parent;
}
