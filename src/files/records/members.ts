import type { Knex } from 'knex';
import { itemIdOf, type AccountId, type ItemId, type Permission } from '../../kernel/index.js';
import { rowsOf, written, type Database, type Queries, type Transaction } from '../../platform/index.js';
import { noteChange, type ChangeKind } from '../changes/note.js';
import { nameColumns, type ItemRow } from './item-rows.js';
import type { Folder } from './items.js';
import { idsUpwards } from './lineage.js';
import { lockTree, lockTrees } from './owner.js';
import { RECEIVED_PAGE } from './root-listing.js';
import { freeRootName } from './root-names.js';

/** A person of this cloud with whom a folder is shared. */
export interface LocalMember {
  readonly folderId: ItemId;
  readonly accountId: AccountId;
  readonly permission: Permission;
  /** The folder's name in the member's own tree. */
  readonly name: string;
  /** The member's own folder in which it appears; null: their root. */
  readonly parentId: ItemId | null;
  readonly joinedAt: number;
  /** Milliseconds; from then on the membership has no effect. */
  readonly expiresAt: number | undefined;
}

/** The terms with which somebody becomes a member. */
export type Membership = Omit<LocalMember, 'name' | 'parentId'>;

/** A folder of somebody else that appears in a member's tree. */
export interface MemberFolder {
  readonly row: ItemRow;
  readonly member: LocalMember;
}

interface MemberRow {
  folder_id: number | string;
  account_id: AccountId;
  permission: Permission;
  name: string;
  parent_id: number | string | null;
  expires_at: number | null;
  joined_at: number;
}

/**
 * Makes somebody a member of a live folder, or changes what an existing member may do; a member keeps name and date of
 * joining. The folder's name in their root gets a number where it clashes. `now`: when it is done, for those who joined
 * earlier.
 */
export async function addMember(
  trx: Transaction,
  membership: Membership,
  now = membership.joinedAt,
): Promise<LocalMember> {
  const folder = await trx<ItemRow>('items').where({ id: membership.folderId }).first('owner_id', 'name');
  if (folder === undefined) throw new Error(`no folder ${membership.folderId}`);
  await lockTrees(trx, [folder.owner_id, membership.accountId]);
  const existing = await memberOf(trx, membership.folderId, membership.accountId);
  const { name, parentId, joinedAt } = existing ?? {
    parentId: null,
    name: await freeRootName(trx, membership.accountId, folder.name),
    joinedAt: membership.joinedAt,
  };
  const member = { ...membership, name, parentId, joinedAt };
  await trx('members')
    .insert({ ...rowOf(member), ...nameColumns(name, 'folder') })
    .onConflict(['folder_id', 'account_id'])
    .merge(['permission', 'expires_at']);
  await noteMember(trx, rowOf(member), existing === undefined ? 'made' : 'changed', now);
  return member;
}

/** A change of a membership is noted in the member's tree, where the folder appears, not in the owner's. */
async function noteMember(trx: Transaction, row: MemberRow, kind: ChangeKind, now: number): Promise<void> {
  const { account_id: tree, folder_id: folderId, parent_id: parentId } = row;
  const above = await idsUpwards(trx, parentId);
  const was = kind === 'removed' ? { was: { parentId, name: row.name, isFolder: true } } : {};
  await noteChange(trx, { tree, itemId: itemIdOf(folderId), kind, above, isFolder: false, now, ...was });
}

/** Changes what a member may do, and until when; undefined when there is no such member. */
export async function changeMember(
  trx: Transaction,
  folderId: ItemId,
  accountId: AccountId,
  changes: { readonly permission?: Permission; readonly expiresAt?: number | null; readonly now: number },
): Promise<{ readonly before: LocalMember; readonly after: LocalMember } | undefined> {
  const before = await memberOf(trx, folderId, accountId);
  if (before === undefined) return undefined;
  const { permission = before.permission, expiresAt } = changes;
  const until = expiresAt === undefined ? before.expiresAt : (expiresAt ?? undefined);
  return { before, after: await addMember(trx, { ...before, permission, expiresAt: until }, changes.now) };
}

/** Ends a membership; answers false when there was none. */
export async function removeMember(
  trx: Transaction,
  folderId: ItemId,
  accountId: AccountId,
  now: number,
): Promise<boolean> {
  const folder = await trx<ItemRow>('items').where({ id: folderId }).first('owner_id');
  if (folder !== undefined) await lockTrees(trx, [folder.owner_id, accountId]);
  return (await removeMembers(trx, (q) => q.where({ folder_id: folderId, account_id: accountId }), now)) > 0;
}

/** Ends every membership of a person, and every membership of others in that person's folders. */
export async function removeMembersOf(trx: Transaction, accountId: AccountId, now: number): Promise<void> {
  await lockTree(trx, accountId);
  const theirs = trx('members as m')
    .join('items as i', 'i.id', 'm.folder_id')
    .where('i.owner_id', accountId)
    .select('m.folder_id');
  await removeMembers(trx, (q) => q.where({ account_id: accountId }).orWhereIn('folder_id', theirs), now);
}

/** Ends the memberships that `which` finds, and notes it in the trees of all their members. Answers how many. */
export async function removeMembers(
  trx: Transaction,
  which: (members: Knex.QueryBuilder) => Knex.QueryBuilder,
  now: number,
): Promise<number> {
  const seen = (await which(trx('members')).pluck('account_id')) as AccountId[];
  if (seen.length === 0) return 0;
  await lockTrees(trx, seen);
  const found = (await which(trx('members')).select('*')) as MemberRow[];
  const gone = found.filter((row) => seen.includes(row.account_id));
  for (const row of gone) {
    await trx('members').where({ folder_id: row.folder_id, account_id: row.account_id }).delete();
    await noteMember(trx, row, 'removed', now);
  }
  return gone.length;
}

/**
 * Ends expired memberships. They give no access any more, but their names are still taken in the members' roots.
 * Answers how many; writes only when there are any.
 */
export async function removeOverMembers(database: Database, now: number): Promise<number> {
  const over = (members: Knex.QueryBuilder): Knex.QueryBuilder => members.where('expires_at', '<=', now);
  if ((await over(database.read('members')).first('folder_id')) === undefined) return 0;
  return database.vital((trx) => removeMembers(trx, over, now));
}

/** One membership, in effect or not. */
async function memberOf(q: Queries, folderId: ItemId, accountId: AccountId): Promise<LocalMember | undefined> {
  const row = await q<MemberRow>('members').where({ folder_id: folderId, account_id: accountId }).first();
  return row === undefined ? undefined : read(row);
}

const FOLDERS_AT_THE_ROOT = written((q) => receivedFolders(q).whereNull('m.parent_id').where('m.folder_id', '>', 1));
const FOLDERS_IN_A_FOLDER = written((q) => receivedFolders(q).where({ 'm.parent_id': 1 }).where('m.folder_id', '>', 1));

function receivedFolders(q: Queries): Knex.QueryBuilder {
  return foldersInEffect(q, 1).where({ 'm.account_id': 'member' }).orderBy('m.folder_id').limit(RECEIVED_PAGE);
}

/** A folder and a membership of it, as {@link foldersInEffect} finds them. */
export interface MemberFolderRow extends ItemRow {
  readonly member_permission: Permission;
  readonly member_name: string;
  readonly member_sort_key: string;
  readonly member_expires_at: number | null;
  readonly member_joined_at: number;
}

/** The live folders (`i`) that people are members of (`m`) now. */
export function foldersInEffect(q: Queries, now: number): Knex.QueryBuilder {
  return q('members as m')
    .join('items as i', 'i.id', 'm.folder_id')
    .whereNull('i.deleted_at')
    .whereRaw('(m.expires_at is null or m.expires_at > ?)', [now])
    .select('i.*', {
      member_permission: 'm.permission',
      member_name: 'm.name',
      member_sort_key: 'm.sort_key',
      member_expires_at: 'm.expires_at',
      member_joined_at: 'm.joined_at',
    });
}

/**
 * One page of the folders shared with a person now that appear in the given folder of theirs, in the order of their
 * ids. The last page is shorter than {@link RECEIVED_PAGE}.
 */
export async function memberFoldersIn(
  q: Queries,
  { ownerId: accountId, parentId }: Folder,
  after: ItemId,
  now: number,
): Promise<MemberFolder[]> {
  const place = parentId === null ? [accountId] : [accountId, parentId];
  const page = parentId === null ? FOLDERS_AT_THE_ROOT : FOLDERS_IN_A_FOLDER;
  const rows = await rowsOf<MemberFolderRow>(q, page(q), [now, ...place, after, RECEIVED_PAGE]);
  return rows.map((row) => memberFolderOf(row, accountId, parentId));
}

/** Reads what {@link foldersInEffect} finds of a member, in a folder of theirs. */
export function memberFolderOf(row: MemberFolderRow, accountId: AccountId, parentId: ItemId | null): MemberFolder {
  const { member_permission: permission, member_name: name, member_joined_at: joinedAt } = row;
  const expiresAt = row.member_expires_at ?? undefined;
  return { row, member: { folderId: itemIdOf(row.id), accountId, permission, name, parentId, joinedAt, expiresAt } };
}

function read(row: MemberRow): LocalMember {
  return {
    folderId: itemIdOf(row.folder_id),
    accountId: row.account_id,
    permission: row.permission,
    name: row.name,
    parentId: row.parent_id === null ? null : itemIdOf(row.parent_id),
    joinedAt: row.joined_at,
    expiresAt: row.expires_at ?? undefined,
  };
}

function rowOf(member: LocalMember): MemberRow {
  return {
    folder_id: member.folderId,
    account_id: member.accountId,
    permission: member.permission,
    name: member.name,
    parent_id: member.parentId,
    expires_at: member.expiresAt ?? null,
    joined_at: member.joinedAt,
  };
}

/** Those of these folders that somebody of this cloud is a member of now. Asks nobody's leave. */
export async function foldersWithMembers(
  q: Queries,
  ids: readonly ItemId[],
  now: number,
): Promise<ReadonlySet<ItemId>> {
  const rows: { folder_id: number | string }[] = await q('members')
    .whereIn('folder_id', ids)
    .whereRaw('(expires_at is null or expires_at > ?)', [now])
    .distinct('folder_id');
  return new Set(rows.map((row) => itemIdOf(row.folder_id)));
}
