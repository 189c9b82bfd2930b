import type { Knex } from 'knex';
import { itemIdOf, type AccountId, type ItemId, type Permission } from '../kernel/index.js';
import type { Database, Queries, Transaction } from '../platform/index.js';
import type { ItemRow } from './item-rows.js';
import { lockTree, lockTrees } from './owner.js';
import { freeRootName } from './root-names.js';

/** A person of this cloud with whom a folder is shared. */
export interface Member {
  readonly folderId: ItemId;
  readonly accountId: AccountId;
  readonly permission: Permission;
  /** What the folder is called in the member's own root. */
  readonly name: string;
  readonly joinedAt: number;
  /** Milliseconds; from then on the membership has no effect. */
  readonly expiresAt: number | undefined;
}

/** What somebody is made a member with. */
export type Membership = Omit<Member, 'name'>;

/** A folder that stands in a member's root. */
export interface MemberFolder {
  readonly row: ItemRow;
  readonly member: Member;
}

interface MemberRow {
  folder_id: number | string;
  account_id: AccountId;
  permission: Permission;
  name: string;
  expires_at: number | null;
  joined_at: number;
}

/**
 * Makes somebody a member of a live folder, or changes what an existing member may do; a member keeps name and date of
 * joining. The folder's name in their root gets a number where it clashes.
 */
export async function addMember(trx: Transaction, membership: Membership): Promise<Member> {
  const folder = await trx<ItemRow>('items').where({ id: membership.folderId }).first('owner_id', 'name');
  if (folder === undefined) throw new Error(`no folder ${membership.folderId}`);
  await lockTrees(trx, [folder.owner_id, membership.accountId]);
  const existing = await memberOf(trx, membership.folderId, membership.accountId);
  const { name, joinedAt } = existing ?? {
    name: await freeRootName(trx, membership.accountId, folder.name),
    joinedAt: membership.joinedAt,
  };
  const member = { ...membership, name, joinedAt };
  await trx('members')
    .insert(rowOf(member))
    .onConflict(['folder_id', 'account_id'])
    .merge(['permission', 'expires_at']);
  return member;
}

/** Changes what a member may do, and until when; undefined when there is no such member. */
export async function changeMember(
  trx: Transaction,
  folderId: ItemId,
  accountId: AccountId,
  changes: { readonly permission?: Permission; readonly expiresAt?: number | null },
): Promise<{ readonly before: Member; readonly after: Member } | undefined> {
  const before = await memberOf(trx, folderId, accountId);
  if (before === undefined) return undefined;
  const { permission = before.permission, expiresAt } = changes;
  const until = expiresAt === undefined ? before.expiresAt : (expiresAt ?? undefined);
  return { before, after: await addMember(trx, { ...before, permission, expiresAt: until }) };
}

/** Ends a membership; false when there was none. */
export async function removeMember(trx: Transaction, folderId: ItemId, accountId: AccountId): Promise<boolean> {
  const folder = await trx<ItemRow>('items').where({ id: folderId }).first('owner_id');
  if (folder !== undefined) await lockTree(trx, folder.owner_id);
  return (await trx('members').where({ folder_id: folderId, account_id: accountId }).delete()) > 0;
}

/** Ends every membership of a person, and everybody's in that person's folders: they share nothing any more. */
export async function removeMembersOf(trx: Transaction, accountId: AccountId): Promise<void> {
  await lockTree(trx, accountId);
  const theirs = trx('members as m').join('items as i', 'i.id', 'm.folder_id').where('i.owner_id', accountId);
  await trx('members').where({ account_id: accountId }).orWhereIn('folder_id', theirs.select('m.folder_id')).delete();
}

/**
 * Ends memberships whose time is over: they open nothing any more, but their names still stand in the members' roots.
 * Answers how many; writes only when there are any.
 */
export async function removeOverMembers(database: Database, now: number): Promise<number> {
  const over = (q: Queries) => q('members').where('expires_at', '<=', now);
  if ((await over(database.read).first('folder_id')) === undefined) return 0;
  return database.write((trx) => over(trx).delete());
}

/** One membership, in effect or not. */
async function memberOf(q: Queries, folderId: ItemId, accountId: AccountId): Promise<Member | undefined> {
  const row = await q<MemberRow>('members').where({ folder_id: folderId, account_id: accountId }).first();
  return row === undefined ? undefined : read(row);
}

/** The folders that are shared with a person now, in the order of their ids. */
export async function memberFoldersOf(q: Queries, accountId: AccountId, now: number): Promise<MemberFolder[]> {
  const rows: (ItemRow & Record<string, unknown>)[] = await inEffect(q, now)
    .where('m.account_id', accountId)
    .orderBy('i.id')
    .select('i.*', {
      member_permission: 'm.permission',
      member_name: 'm.name',
      member_expires_at: 'm.expires_at',
      member_joined_at: 'm.joined_at',
    });
  return rows.map((row) => ({
    row,
    member: {
      folderId: itemIdOf(row.id),
      accountId,
      permission: row['member_permission'] as Permission,
      name: row['member_name'] as string,
      joinedAt: row['member_joined_at'] as number,
      expiresAt: (row['member_expires_at'] as number | null) ?? undefined,
    },
  }));
}

function inEffect(q: Queries, now: number): Knex.QueryBuilder {
  return q('members as m')
    .join('items as i', 'i.id', 'm.folder_id')
    .whereNull('i.deleted_at')
    .whereRaw('(m.expires_at is null or m.expires_at > ?)', [now]);
}

function read(row: MemberRow): Member {
  return {
    folderId: itemIdOf(row.folder_id),
    accountId: row.account_id,
    permission: row.permission,
    name: row.name,
    joinedAt: row.joined_at,
    expiresAt: row.expires_at ?? undefined,
  };
}

function rowOf(member: Member): MemberRow {
  return {
    folder_id: member.folderId,
    account_id: member.accountId,
    permission: member.permission,
    name: member.name,
    expires_at: member.expiresAt ?? null,
    joined_at: member.joinedAt,
  };
}
