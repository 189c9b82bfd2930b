import type { Accounts } from '../accounts/index.js';
import type { Item } from '../files/index.js';
import type { Clock, Email, ItemId, Principal } from '../kernel/index.js';
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

/** A folder that was found for the asker. */
export interface FoundFolder extends Pick<Item, 'ownerId' | 'incomingId' | 'isShareTop' | 'modifiedAt'> {
  readonly id: ItemId;
}

/** Everyone who can open a folder, the owner first; inside a mount the answer is local and cheap. */
export async function membersOf(sources: Sources, principal: Principal, folder: FoundFolder): Promise<Member[]> {
  return folder.incomingId === undefined
    ? localMembers(sources, folder)
    : mountMembers(sources, principal, folder.isShareTop, folder.incomingId);
}

async function localMembers({ database, clock }: Sources, folder: FoundFolder): Promise<Member[]> {
  const { id, ownerId, modifiedAt } = folder;
  return ownerId === undefined ? [] : localMembersOf(database.read, { id, ownerId, modifiedAt }, clock.now());
}

async function mountMembers(
  sources: Sources,
  principal: Principal,
  isShareTop: boolean,
  incomingId: string,
): Promise<Member[]> {
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
    outgoingId: undefined,
    expiresAt: undefined,
  };
  if (!isShareTop) return [owner];
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
    outgoingId: undefined,
    expiresAt: share.expiresAt,
  };
  return [owner, me];
}
