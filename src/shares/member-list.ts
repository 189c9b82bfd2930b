import type { Accounts } from '../accounts/index.js';
import type { Item } from '../files/index.js';
import type { Clock, Email, Principal } from '../kernel/index.js';
import type { Database } from '../platform/index.js';
import type { IncomingShares } from './incoming-shares.js';
import { localMembersOf } from './local-members.js';
import type { Member } from './views.js';

interface Sources {
  readonly database: Database;
  readonly accounts: Pick<Accounts, 'byId'>;
  readonly clock: Clock;
  readonly incoming: IncomingShares;
}

/** Everyone who can open `item`, the owner first; inside a mount the answer is local and cheap. */
export async function membersOf(sources: Sources, principal: Principal, item: Item): Promise<Member[]> {
  return item.incomingId === undefined
    ? localMembers(sources, item)
    : mountMembers(sources, principal, item, item.incomingId);
}

async function localMembers({ database, clock }: Sources, item: Item): Promise<Member[]> {
  const { id, ownerId, modifiedAt } = item;
  return ownerId === undefined ? [] : localMembersOf(database.read, { id, ownerId, modifiedAt }, clock.now());
}

async function mountMembers(sources: Sources, principal: Principal, item: Item, incomingId: string): Promise<Member[]> {
  const share = await sources.incoming.view(sources.database.read, incomingId);
  if (share === undefined || principal.kind === 'grant') return [];
  const owner: Member = {
    accountId: undefined,
    name: share.ownerName,
    email: share.ownerEmail as Email,
    permission: 'read-write',
    joinedAt: share.createdAt,
    isOwner: true,
    peerName: share.peerName,
  };
  if (!item.isShareTop) return [owner];
  const self = await sources.accounts.byId(principal.accountId);
  if (self === undefined) return [owner];
  const { name, email, id: accountId } = self;
  const me: Member = {
    accountId,
    name,
    email,
    permission: share.permission,
    joinedAt: share.changedAt,
    isOwner: false,
    peerName: undefined,
  };
  return [owner, me];
}
