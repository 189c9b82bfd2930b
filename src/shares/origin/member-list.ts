import type { Accounts } from '../../accounts/index.js';
import type { Item } from '../../files/index.js';
import type { Clock, Email, ItemId, Principal } from '../../kernel/index.js';
import type { Database, ListPage, PageWish } from '../../platform/index.js';
import type { IncomingShares } from '../records/incoming-shares.js';
import { localMembersOf, localMembersPage } from '../records/local-members.js';
import type { ShareLists } from '../records/share-lists.js';
import type { Member, Openers, OutgoingView } from '../agreement/views.js';

interface Sources {
  readonly database: Database;
  readonly accounts: Pick<Accounts, 'byId'>;
  readonly clock: Clock;
  readonly incoming: IncomingShares;
  readonly lists: Pick<ShareLists, 'ofFolder'>;
}

/** Which pages of {@link Openers} are wanted. */
export interface OpenersWish {
  readonly here: PageWish;
  readonly abroad: PageWish;
}

/** A folder that the asker has access to. */
export interface FoundFolder extends Pick<Item, 'ownerId' | 'incomingId' | 'isShareTop' | 'modifiedAt'> {
  readonly id: ItemId;
}

/** Everyone who can open a folder, the owner first; for folders in a mount it is answered without a request. */
export async function membersOf(sources: Sources, principal: Principal, folder: FoundFolder): Promise<Member[]> {
  return folder.incomingId === undefined
    ? localMembers(sources, folder)
    : mountMembers(sources, principal, folder.isShareTop, folder.incomingId);
}

/** The same, page by page; the cost does not depend on how many there are (ruling F-83). */
export async function openersOf(
  sources: Sources,
  principal: Principal,
  folder: FoundFolder,
  wish: OpenersWish,
): Promise<Openers> {
  if (folder.incomingId !== undefined || folder.ownerId === undefined) {
    const [owner, ...others] = await membersOf(sources, principal, folder);
    return { owner, here: { ...NOTHING, items: others }, abroad: NOTHING };
  }
  const { database, accounts, clock, lists } = sources;
  const { id, ownerId, modifiedAt } = folder;
  const account = await accounts.byId(ownerId);
  const abroad = await lists.ofFolder(id, 'open', wish.abroad);
  return {
    owner: account && { ...OWNER, name: account.name, email: account.email, accountId: ownerId, joinedAt: modifiedAt },
    here: await localMembersPage(database.read, { id, ownerId, modifiedAt }, clock.now(), wish.here),
    abroad: { ...abroad, items: abroad.items.map(memberAbroad) },
  };
}

const NOTHING: ListPage<Member> = { items: [], unreadable: [], before: undefined, after: undefined };

const OWNER = {
  isOwner: true,
  permission: 'read-write',
  peerName: undefined,
  outgoingId: undefined,
  expiresAt: undefined,
} as const;

function memberAbroad({ id, recipient, permission, changedAt, peerName, expiresAt }: OutgoingView): Member {
  return {
    name: recipient,
    email: recipient,
    permission,
    peerName,
    expiresAt,
    accountId: undefined,
    outgoingId: id,
    joinedAt: changedAt,
    isOwner: false,
  };
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
