import type { Accounts } from '../accounts/index.js';
import { membersOf as localMembersOf, type Item } from '../files/index.js';
import type { AccountId, Clock, Email, Principal } from '../kernel/index.js';
import type { Database } from '../platform/index.js';
import type { IncomingShares } from './incoming-shares.js';
import type { OutgoingShares } from './outgoing-shares.js';
import type { Member } from './views.js';

interface Sources {
  readonly database: Database;
  readonly accounts: Pick<Accounts, 'byId' | 'byIds'>;
  readonly clock: Clock;
  readonly outgoing: OutgoingShares;
  readonly incoming: IncomingShares;
}

/** Everyone who can open `item`, the owner first; inside a mount the answer is local and cheap. */
export async function membersOf(sources: Sources, principal: Principal, item: Item): Promise<Member[]> {
  return item.incomingId === undefined
    ? localMembers(sources, item)
    : mountMembers(sources, principal, item, item.incomingId);
}

async function localMembers(sources: Sources, item: Item): Promise<Member[]> {
  if (item.ownerId === undefined) return [];
  const q = sources.database.read;
  const owner = await owningMember(sources, item.ownerId, item.modifiedAt);
  const locals = await localMembersOf(q, item.id, sources.clock.now());
  const people = await sources.accounts.byIds(locals.map(({ accountId }) => accountId));
  const abroad = await sources.outgoing.views(q, { folderId: item.id });
  return [
    ...(owner === undefined ? [] : [owner]),
    ...locals.flatMap(({ accountId, permission, joinedAt }) => {
      const person = people.find(({ id }) => id === accountId);
      if (person === undefined) return [];
      const { name, email } = person;
      return [{ accountId, name, email, permission, joinedAt, isOwner: false, peerName: undefined }];
    }),
    ...abroad
      .filter(({ state }) => state === 'active')
      .map(({ recipient, permission, changedAt, peerName }) => ({
        accountId: undefined,
        name: recipient,
        email: recipient,
        permission,
        joinedAt: changedAt,
        isOwner: false,
        peerName,
      })),
  ];
}

async function owningMember(sources: Sources, ownerId: AccountId, joinedAt: number): Promise<Member | undefined> {
  const owner = await sources.accounts.byId(ownerId);
  if (owner === undefined) return undefined;
  return {
    accountId: owner.id,
    name: owner.name,
    email: owner.email,
    permission: 'read-write',
    joinedAt,
    isOwner: true,
    peerName: undefined,
  };
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
