import type { Account, Accounts } from '../../accounts/index.js';
import { lockTrees, ownsFolder, removeMember, type Item, type Tree } from '../../files/index.js';
import {
  Failure,
  foldEmail,
  invalid,
  notFound,
  ROOT_ID,
  type AccountId,
  type Clock,
  type Email,
  type ItemId,
  type Principal,
} from '../../kernel/index.js';
import type { Database, ListPage, PageWish, Transaction } from '../../platform/index.js';
import type { IncomingShares } from '../records/incoming-shares.js';
import type { Inviting } from './inviting.js';
import { localMember } from '../records/local-members.js';
import { membersOf, openersOf, type FoundFolder, type OpenersWish } from './member-list.js';
import type { ShareLists } from '../records/share-lists.js';
import type { Giving, GivingTerms } from './giving.js';
import type { ServerRecipient } from './offering-abroad.js';
import type { OriginSteps } from './origin-steps.js';
import { ownShare } from '../records/own-share.js';
import type { OutgoingShare } from '../agreement/outgoing-share.js';
import type { OutgoingShares } from '../records/outgoing-shares.js';
import type { FolderShares, IncomingView, Member, Openers, OutgoingView, ShareResult } from '../agreement/views.js';

/** What an owner asks for. */
export interface ShareRequest extends GivingTerms {
  readonly addresses: readonly Email[];
  /** People at servers of Open Cloud Mesh. */
  readonly servers?: readonly ServerRecipient[];
}

/** What sharing needs from other rooms. */
export interface SharingInputs {
  readonly database: Database;
  readonly clock: Clock;
  readonly accounts: Pick<Accounts, 'byId' | 'byEmail'>;
  readonly addressesOf: (accountId: AccountId) => Promise<readonly string[]>;
  readonly tree: Pick<Tree, 'glance' | 'stat'>;
  readonly outgoing: OutgoingShares;
  readonly incoming: IncomingShares;
  readonly origin: OriginSteps;
  /** Ends a membership or incoming share at the person's wish (`Leaving.leave`). */
  readonly leave: (actor: AccountId, folderId: ItemId) => Promise<void>;
  readonly lists: Pick<ShareLists, 'outgoingOf' | 'incomingOf' | 'ofFolder'>;
  readonly inviting: Pick<Inviting, 'check'>;
  readonly giving: Giving;
}

/** What people can do with shares; the pages and the storage API call the same functions. */
export class Sharing {
  readonly #in: SharingInputs;

  constructor(inputs: SharingInputs) {
    this.#in = inputs;
  }

  /**
   * Shares a folder. Addresses of this cloud become members at once, every other gets an outgoing share and an
   * invitation by mail; people who have it already get these terms. `not-found` for folders the actor cannot see,
   * `forbidden` when it is not theirs (AUT-09), `too-many` beyond the limits: then nothing was shared, or counted.
   */
  async share(actor: AccountId, folderId: ItemId, request: ShareRequest): Promise<ShareResult> {
    const owner = await this.#account(actor);
    const folder = await this.#ownFolder(actor, folderId);
    this.#in.inviting.check(request);
    const { locals, disabled, strangers } = await this.#sort(actor, request.addresses);
    return this.#in.database.write(async (trx) => {
      // Others who share or delete the same folder have committed by now, or wait for this transaction (threat model
      // AUT-07).
      await lockTrees(trx, [actor, ...locals.map(({ id }) => id)]);
      if (!(await ownsFolder(trx, actor, folder.id))) throw notFound();
      const given = { owner, folder };
      const members = await this.#in.giving.toMembers(trx, given, locals, request);
      const proposals = await this.#in.giving.toStrangers(trx, given, strangers, request);
      const abroad = await this.#in.giving.toServers(trx, given, request.servers ?? [], request);
      return {
        members,
        proposals: [...proposals, ...abroad],
        disabled: disabled.map(({ name, email }) => ({ name, email })),
      };
    });
  }

  /** Ends memberships and outgoing shares of these addresses; answers those that had one. `invalid` names the owner. */
  async unshare(
    actor: AccountId,
    folderId: ItemId,
    addresses: readonly Email[],
  ): Promise<readonly { name: string; email: Email }[]> {
    const own = new Set(await this.#in.addressesOf(actor));
    if (addresses.length > 0 && addresses.every((email) => own.has(foldEmail(email)))) {
      const left = await this.#leaveAsMember(actor, folderId);
      if (left !== undefined) return left;
    }
    const folder = await this.#ownFolder(actor, folderId);
    const owner = addresses.find((email) => own.has(foldEmail(email)));
    if (owner !== undefined) throw invalid(`Email ${owner} corresponds with owner of the folder.`);
    const accounts = new Map<Email, Account | undefined>();
    for (const email of addresses) accounts.set(email, await this.#in.accounts.byEmail(email));
    const now = this.#in.clock.now();
    return this.#in.database.vital(async (trx) => {
      const ended: { name: string; email: Email }[] = [];
      for (const [email, account] of accounts) {
        if (account !== undefined && (await removeMember(trx, folder.id, account.id, now))) {
          ended.push({ name: account.name, email });
        }
        const share = await this.#in.outgoing.openWith(trx, folder.id, foldEmail(email));
        if (share !== undefined && (await this.#revoke(trx, share, actor))) ended.push({ name: email, email });
      }
      return ended;
    });
  }

  /** Members may remove only themselves (stacksync-api-v2.md 6); undefined for the owner of a folder. */
  async #leaveAsMember(actor: AccountId, folderId: ItemId): Promise<{ name: string; email: Email }[] | undefined> {
    const item = await this.#in.tree.stat(person(actor), folderId);
    if (!item.isShareTop) return undefined;
    await this.#in.leave(actor, folderId);
    const { name, email } = await this.#account(actor);
    return [{ name, email }];
  }

  /** Everyone who can open a folder, the owner first. Reads only (polls call it every ten seconds). */
  async members(principal: Principal, folderId: ItemId): Promise<readonly Member[]> {
    return membersOf(this.#in, principal, await this.#shownFolder(principal, folderId));
  }

  /** The same, a page of people here and one of those in other clouds. */
  async openers(principal: Principal, folderId: ItemId, wish: OpenersWish): Promise<Openers> {
    return openersOf(this.#in, principal, await this.#shownFolder(principal, folderId), wish);
  }

  /** A person of this cloud with whom the actor shares this folder of theirs; undefined otherwise (G8). */
  async memberOf(actor: AccountId, folderId: ItemId, accountId: AccountId): Promise<Member | undefined> {
    const { database, clock } = this.#in;
    const { ownerId, modifiedAt } = await this.#shownFolder(person(actor), folderId);
    if (ownerId !== actor) return undefined;
    return localMember(database.read, { id: folderId, ownerId, modifiedAt }, clock.now(), accountId);
  }

  async #shownFolder(principal: Principal, id: ItemId): Promise<FoundFolder> {
    const folder = await this.#in.tree.glance(principal, id);
    if (folder.kind !== 'folder' || folder.place === 'root' || folder.status === 'DELETED') throw notFound();
    return { id, ...folder };
  }

  /** One page of the actor's own outgoing shares, the last changed first. */
  async outgoingPage(actor: AccountId, wish: PageWish): Promise<ListPage<OutgoingView>> {
    return this.#in.lists.outgoingOf(actor, wish);
  }

  /** One page of the shares that the actor answered or that wait for one of their proven addresses. */
  async incomingPage(actor: AccountId, wish: PageWish): Promise<ListPage<IncomingView>> {
    return this.#in.lists.incomingOf(actor, wish);
  }

  /**
   * One page of a folder's shares in the given states, the last changed first; empty if the folder is not the actor's.
   */
  async outgoingOfFolder(
    actor: AccountId,
    folderId: ItemId,
    which: FolderShares,
    wish: PageWish,
  ): Promise<ListPage<OutgoingView>> {
    const { ownerId } = await this.#shownFolder(person(actor), folderId);
    if (ownerId === actor) return this.#in.lists.ofFolder(folderId, which, wish);
    return { items: [], unreadable: [], before: undefined, after: undefined };
  }

  /** One of the actor's own outgoing shares; undefined for unknown ones and somebody else's (G8). */
  async outgoingOne(actor: AccountId, id: string): Promise<OutgoingView | undefined> {
    const { database, outgoing } = this.#in;
    const share = await outgoing.byId(database.read, id);
    return share?.ownerId === actor ? outgoing.view(database.read, id) : undefined;
  }

  /** One that the actor has answered or that waits for one of their proven addresses; else undefined (G8). */
  async incomingOne(actor: AccountId, id: string): Promise<IncomingView | undefined> {
    const { database, incoming } = this.#in;
    const share = await incoming.byId(database.read, id);
    if (share === undefined) return undefined;
    const waits = share.state === 'pending' && (await this.#in.addressesOf(actor)).includes(foldEmail(share.recipient));
    return waits || share.accountId === actor ? incoming.view(database.read, id) : undefined;
  }

  /**
   * Withdraws or revokes one outgoing share, whatever its state. `not-found` for somebody else's, `conflict` when it
   * has ended.
   */
  async withdraw(actor: AccountId, outgoingId: string): Promise<void> {
    await this.#in.database.vital(async (trx) => {
      const share = await ownShare(this.#in.outgoing, trx, actor, outgoingId);
      if (!(await this.#revoke(trx, share, actor))) throw new Failure('conflict', 'This share has already ended.');
    });
  }

  async #revoke(trx: Transaction, share: OutgoingShare, actor: string): Promise<boolean> {
    return this.#in.origin.end(trx, share, 'end', { actor, reason: 'revoked' });
  }

  async #account(id: AccountId): Promise<Account> {
    const account = await this.#in.accounts.byId(id);
    if (account === undefined) throw new Failure('unauthenticated', 'Please sign in.');
    return account;
  }

  /** A live folder of the actor's own, not the root: nobody else may share it on (threat model AUT-09). */
  async #ownFolder(actor: AccountId, folderId: ItemId): Promise<Item> {
    if (folderId === ROOT_ID) throw invalid('The root cannot be shared; share a folder in it.');
    const item = await this.#in.tree.stat(person(actor), folderId);
    if (item.kind !== 'folder' || item.status === 'DELETED') throw notFound();
    if (item.ownerId !== actor) throw new Failure('forbidden', 'Only the owner of a folder may share it.');
    return item;
  }

  /**
   * Sorts addresses: drops the actor's own, and separates people of this cloud, those of them who cannot sign in, and
   * others.
   */
  async #sort(actor: AccountId, addresses: readonly Email[]): Promise<Sorted> {
    const locals = new Map<AccountId, Account>();
    const strangers: Email[] = [];
    for (const email of addresses) {
      const account = await this.#in.accounts.byEmail(email);
      if (account === undefined) strangers.push(email);
      else if (account.id !== actor) locals.set(account.id, account);
    }
    const known = [...locals.values()];
    const disabled = known.filter((account) => account.disabled);
    return { locals: known.filter((account) => !account.disabled), disabled, strangers };
  }
}

interface Sorted {
  readonly locals: readonly Account[];
  readonly disabled: readonly Account[];
  readonly strangers: readonly Email[];
}

function person(accountId: AccountId): Principal {
  return { kind: 'person', accountId };
}
