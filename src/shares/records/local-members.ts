import type { AccountId, Email, ItemId, Permission } from '../../kernel/index.js';
import {
  cutPage,
  pageOf,
  readRows,
  rowsOf,
  type ListOrder,
  type ListPage,
  type PageWish,
  type Queries,
} from '../../platform/index.js';
import type { Member } from '../agreement/views.js';

/** The owner of a folder, and since when. */
export interface SharedFolder {
  readonly id: ItemId;
  readonly ownerId: AccountId;
  /** Milliseconds. Used as the time since when the owner has the folder, because no other time is stored. */
  readonly modifiedAt: number;
}

/**
 * Everyone who can open a folder of this cloud, in one statement, because desktops poll it for each folder they show
 * (stacksync-api-v2.md 7): the owner, the members whose access has not expired, the recipients in other clouds.
 */
export async function localMembersOf(q: Queries, folder: SharedFolder, now: number): Promise<Member[]> {
  const rows = await rowsOf<MemberRow>(q, MEMBERS, [folder.ownerId, folder.id, now, folder.id]);
  return rows.map((row) => memberOf(row, folder));
}

/**
 * One page of the members of a folder whose access has not expired, without its owner, in the order in which they
 * joined.
 */
export async function localMembersPage(
  q: Queries,
  folder: SharedFolder,
  now: number,
  wish: PageWish,
): Promise<ListPage<Member>> {
  const rows = (await cutPage(current(q, folder, now), BY_JOINING, wish)) as JoinedRow[];
  const keyOf = ({ joined_at: at, account_id: id }: JoinedRow) => ({ at: Number(at), id });
  return pageOf(
    readRows(rows, keyOf, (row) => memberOf({ ...ABSENT, ...row }, folder)),
    wish,
  );
}

/** One member of a folder; undefined for its owner, strangers, and those whose access has expired. */
export async function localMember(
  q: Queries,
  folder: SharedFolder,
  now: number,
  accountId: AccountId,
): Promise<Member | undefined> {
  const rows: JoinedRow[] = await current(q, folder, now).where('m.account_id', accountId);
  return rows.map((row) => memberOf({ ...ABSENT, ...row }, folder))[0];
}

/** Those who joined first come first, like the index of schema step 0050. */
const BY_JOINING: ListOrder = { at: 'm.joined_at', id: 'm.account_id', direction: 'asc' };

function current(q: Queries, { id }: SharedFolder, now: number) {
  return q('members as m')
    .join('accounts as a', 'a.id', 'm.account_id')
    .join('addresses as home', (join) => {
      join.on('home.account_id', 'm.account_id').andOnVal('home.is_primary', true);
    })
    .where('m.folder_id', Number(id))
    .whereRaw('(m.expires_at is null or m.expires_at > ?)', [now])
    .select<JoinedRow[]>('m.account_id', 'a.name', 'home.email', 'm.permission', 'm.joined_at', 'm.expires_at');
}

type JoinedRow = Pick<MemberRow, 'name' | 'email' | 'permission' | 'joined_at' | 'expires_at'> & {
  readonly account_id: AccountId;
};

const ABSENT = { part: 1, peer_name: null, share_id: null } as const;

const HOME = 'join addresses as home on home.account_id = a.id and home.is_primary = true';

/** A removed account has no address, so the join leaves it out. */
const MEMBERS = `
  select 0 as part, a.id as account_id, a.name, home.email, null as permission, null as joined_at, null as peer_name,
    null as share_id, null as expires_at
  from accounts as a ${HOME} where a.id = ?
  union all
  select 1, a.id, a.name, home.email, m.permission, m.joined_at, null, null, m.expires_at
  from members as m join items as i on i.id = m.folder_id join accounts as a on a.id = m.account_id ${HOME}
  where m.folder_id = ? and i.deleted_at is null and (m.expires_at is null or m.expires_at > ?)
  union all
  select 2, null, s.recipient, s.recipient, s.permission, coalesce(s.granted_at, s.changed_at), p.name, s.id, s.expires_at
  from outgoing_shares as s left join peers as p on p.id = s.peer_id
  where s.folder_id = ? and s.state = 'active'
  order by part, joined_at`;

interface MemberRow {
  readonly part: number;
  readonly account_id: AccountId | null;
  readonly name: string;
  readonly email: Email;
  readonly permission: Permission | null;
  readonly joined_at: number | string | null;
  readonly peer_name: string | null;
  readonly share_id: string | null;
  readonly expires_at: number | string | null;
}

function memberOf(row: MemberRow, { modifiedAt }: SharedFolder): Member {
  return {
    accountId: row.account_id ?? undefined,
    name: row.name,
    email: row.email,
    permission: row.permission ?? 'read-write',
    joinedAt: Number(row.joined_at ?? modifiedAt),
    isOwner: row.part === 0,
    peerName: row.peer_name ?? undefined,
    outgoingId: row.share_id ?? undefined,
    expiresAt: row.expires_at === null ? undefined : Number(row.expires_at),
  };
}
