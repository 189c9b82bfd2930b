import type { Account, Accounts } from '../accounts/index.js';
import { addMember, lockTrees, ownsFolder, removeMember, type Item, type Tree } from '../files/index.js';
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
} from '../kernel/index.js';
import type { Database, Transaction } from '../platform/index.js';
import type { DestinationHalf } from './destination-half.js';
import type { IncomingShares } from './incoming-shares.js';
import type { Inviting, OfferTerms } from './inviting.js';
import { membersOf } from './member-list.js';
import type { OriginHalf } from './origin-half.js';
import { ownShare } from './own-share.js';
import type { OutgoingShare } from './outgoing-share.js';
import type { OutgoingShares } from './outgoing-shares.js';
import type { IncomingView, Member, OutgoingView, ShareResult } from './views.js';

/** What an owner asks for. */
export interface ShareRequest extends OfferTerms {
  readonly addresses: readonly Email[];
}

/** What sharing needs from the rest of the house. */
export interface SharingInputs {
  readonly database: Database;
  readonly clock: Clock;
  readonly accounts: Pick<Accounts, 'byId' | 'byEmail'>;
  readonly addressesOf: (accountId: AccountId) => Promise<readonly string[]>;
  readonly tree: Pick<Tree, 'glance' | 'stat'>;
  readonly outgoing: OutgoingShares;
  readonly incoming: IncomingShares;
  readonly origin: OriginHalf;
  readonly destination: DestinationHalf;
  readonly inviting: Pick<Inviting, 'check' | 'spend' | 'propose'>;
}

/** What people do with shares: the share dialog, the storage API and the pages call these same functions. */
export class Sharing {
  readonly #in: SharingInputs;

  constructor(inputs: SharingInputs) {
    this.#in = inputs;
  }

  /**
   * Shares a folder. Addresses of this cloud become members at once, every other gets an outgoing share and an
   * invitation by mail; an address that already has one keeps it. `not-found` for folders the actor cannot see,
   * `forbidden` when it is not theirs (AUT-09), `too-many` beyond the mail limits: then nothing was shared.
   */
  async share(actor: AccountId, folderId: ItemId, request: ShareRequest): Promise<ShareResult> {
    const owner = await this.#account(actor);
    const folder = await this.#ownFolder(actor, folderId);
    this.#in.inviting.check(request);
    const { locals, strangers } = await this.#sort(actor, request.addresses);
    await this.#in.inviting.spend(actor, [...locals.map((account) => account.email), ...strangers]);
    return this.#in.database.write(async (trx) => {
      // Whoever shares or deletes the same folder now has committed, or waits for us (threat model AUT-07).
      await lockTrees(trx, [actor, ...locals.map(({ id }) => id)]);
      if (!(await ownsFolder(trx, actor, folder.id))) throw notFound();
      for (const account of locals) await this.#addMember(trx, folder, account, request);
      const proposals = [];
      for (const email of strangers) {
        proposals.push(await this.#in.inviting.propose(trx, owner, folder, email, request));
      }
      return {
        members: locals.map(({ name, email }) => ({ name, email })),
        proposals: proposals.map(({ shareId, recipient, state }) => ({ shareId, email: recipient, state })),
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
    return this.#in.database.write(async (trx) => {
      const ended: { name: string; email: Email }[] = [];
      for (const [email, account] of accounts) {
        if (account !== undefined && (await removeMember(trx, folder.id, account.id))) {
          ended.push({ name: account.name, email });
        }
        const share = await this.#in.outgoing.openWith(trx, folder.id, foldEmail(email));
        if (share !== undefined && (await this.#revoke(trx, share, actor))) ended.push({ name: email, email });
      }
      return ended;
    });
  }

  /** A member or recipient goes: the local membership or the mount at this id ends. The owner is refused. */
  async leave(actor: AccountId, folderId: ItemId): Promise<void> {
    const item = await this.#in.tree.glance(person(actor), folderId);
    if (!item.isShareTop) {
      throw item.place === 'own'
        ? invalid('The owner of a folder cannot leave it.')
        : invalid('This workspace is not shared.');
    }
    if (item.incomingId !== undefined) return this.leaveIncoming(actor, item.incomingId);
    await this.#in.database.write((trx) => removeMember(trx, folderId, actor));
    return undefined;
  }

  /** Members may remove only themselves (stacksync-api-v2.md 6); undefined for the owner of a folder. */
  async #leaveAsMember(actor: AccountId, folderId: ItemId): Promise<{ name: string; email: Email }[] | undefined> {
    const item = await this.#in.tree.stat(person(actor), folderId);
    if (!item.isShareTop) return undefined;
    await this.leave(actor, folderId);
    const { name, email } = await this.#account(actor);
    return [{ name, email }];
  }

  /** The recipient ends an incoming share, answered or not. `not-found` for somebody else's. */
  async leaveIncoming(actor: AccountId, incomingId: string): Promise<void> {
    await this.#in.database.write(async (trx) => {
      const share = await this.#in.incoming.byId(trx, incomingId);
      if (share?.accountId !== actor) throw notFound('This share is not known here.');
      await this.#in.destination.end(trx, share, 'leave', { actor, reason: 'left' });
    });
  }

  /** Everyone who can open a folder, the owner first. Reads only (polls call it every ten seconds). */
  async members(principal: Principal, folderId: ItemId): Promise<readonly Member[]> {
    const folder = await this.#in.tree.glance(principal, folderId);
    if (folder.kind !== 'folder' || folder.place === 'root' || folder.status === 'DELETED') throw notFound();
    return membersOf(this.#in, principal, { id: folderId, ...folder });
  }

  /** The actor's own outgoing shares, newest first. */
  async outgoingOf(actor: AccountId): Promise<readonly OutgoingView[]> {
    return this.#in.outgoing.views(this.#in.database.read, { ownerId: actor });
  }

  /** Shares that were answered by the actor or wait for one of their proven addresses, newest first. */
  async incomingOf(actor: AccountId): Promise<readonly IncomingView[]> {
    const recipientsFolded = await this.#in.addressesOf(actor);
    return this.#in.incoming.views(this.#in.database.read, { accountId: actor, recipientsFolded });
  }

  /** The owner takes one outgoing share back, whatever its state. `not-found` for somebody else's, `conflict` when it is over. */
  async withdraw(actor: AccountId, outgoingId: string): Promise<void> {
    await this.#in.database.write(async (trx) => {
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

  /** Own addresses are dropped, addresses of this cloud told apart from foreign ones. */
  async #sort(actor: AccountId, addresses: readonly Email[]): Promise<{ locals: Account[]; strangers: Email[] }> {
    const locals = new Map<AccountId, Account>();
    const strangers: Email[] = [];
    for (const email of addresses) {
      const account = await this.#in.accounts.byEmail(email);
      if (account === undefined) strangers.push(email);
      else if (account.id !== actor) locals.set(account.id, account);
    }
    return { locals: [...locals.values()], strangers };
  }

  async #addMember(trx: Transaction, folder: Item, account: Account, request: ShareRequest): Promise<void> {
    await addMember(trx, {
      folderId: folder.id,
      accountId: account.id,
      permission: request.permission,
      expiresAt: request.expiresAt,
      joinedAt: this.#in.clock.now(),
    });
  }
}

function person(accountId: AccountId): Principal {
  return { kind: 'person', accountId };
}
