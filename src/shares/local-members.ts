import type { AccountId, Email, ItemId, Permission } from '../kernel/index.js';
import { rowsOf, type Queries } from '../platform/index.js';
import type { Member } from './views.js';

/** Whose folder, and when. */
export interface SharedFolder {
  readonly id: ItemId;
  readonly ownerId: AccountId;
  /** Milliseconds: since when the owner has it, for want of anything better. */
  readonly modifiedAt: number;
}

/**
 * Everyone who can open a folder of this cloud, in one statement, because desktops poll it for each folder they show
 * (stacksync-api-v2.md 7): the owner, the members whose time is not over, the recipients in other clouds.
 */
export async function localMembersOf(q: Queries, folder: SharedFolder, now: number): Promise<Member[]> {
  const rows = await rowsOf<MemberRow>(q, MEMBERS, [folder.ownerId, folder.id, now, folder.id]);
  return rows.map((row) => memberOf(row, folder));
}

const HOME = 'join addresses as home on home.account_id = a.id and home.is_primary = true';

/** A removed account has no address and so is nobody’s member. */
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
