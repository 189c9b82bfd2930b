import type { Account, Accounts } from '../accounts/index.js';
import { addMember, lockTrees, ownsFolder, removeMember, type Item, type Tree } from '../files/index.js';
import {
  DAY,
  displayText,
  Failure,
  foldEmail,
  HOUR,
  invalid,
  notFound,
  randomUuid,
  randomWord,
  ROOT_ID,
  type AccountId,
  type Clock,
  type Email,
  type ItemId,
  type Permission,
  type Principal,
  type Random,
} from '../kernel/index.js';
import type { Database, Limiter, Transaction } from '../platform/index.js';
import type { DestinationHalf } from './destination-half.js';
import type { IncomingShares } from './incoming-shares.js';
import type { Invitations } from './invitations.js';
import { membersOf } from './member-list.js';
import type { Post } from './messages.js';
import type { OriginHalf } from './origin-half.js';
import type { OutgoingShare } from './outgoing-share.js';
import type { OutgoingShares } from './outgoing-shares.js';
import type { IncomingView, Member, OutgoingView, ShareResult } from './views.js';

/** How long an invitation may stay unanswered (cloudspaces-interop.md 8). */
export const INVITATION_LIFE = 30 * DAY;

/** Invitation spam (threat model MAI-02). */
const PER_OWNER = { acts: 20, per: HOUR };
const PER_RECIPIENT = { acts: 5, per: DAY };
const RESENDS = { acts: 3, per: 365 * DAY };

/** What an owner asks for. */
export interface ShareRequest {
  readonly addresses: readonly Email[];
  readonly permission: Permission;
  readonly comment?: string;
  /** The owner's expiry, milliseconds. */
  readonly expiresAt?: number;
}

/** What sharing needs from the rest of the house. */
export interface SharingInputs {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly limiter: Limiter;
  readonly accounts: Pick<Accounts, 'byId' | 'byEmail'>;
  readonly addressesOf: (accountId: AccountId) => Promise<readonly string[]>;
  readonly tree: Pick<Tree, 'glance' | 'stat'>;
  readonly outgoing: OutgoingShares;
  readonly incoming: IncomingShares;
  readonly origin: OriginHalf;
  readonly destination: DestinationHalf;
  readonly invitations: Invitations;
  readonly post: Post;
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
    if (request.expiresAt !== undefined && request.expiresAt <= this.#in.clock.now()) {
      throw invalid('expires_at must lie in the future.');
    }
    const { locals, strangers } = await this.#sort(actor, request.addresses);
    await this.#spend(actor, [...locals.map((account) => account.email), ...strangers]);
    return this.#in.database.write(async (trx) => {
      // Whoever shares or deletes the same folder now has committed, or waits for us (threat model AUT-07).
      await lockTrees(trx, [actor, ...locals.map(({ id }) => id)]);
      if (!(await ownsFolder(trx, actor, folder.id))) throw notFound();
      for (const account of locals) await this.#addMember(trx, folder, account, request);
      const proposals = [];
      for (const email of strangers) proposals.push(await this.#propose(trx, owner, folder, email, request));
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
      const share = await this.#owned(trx, actor, outgoingId);
      if (!(await this.#revoke(trx, share, actor))) throw new Failure('conflict', 'This share has already ended.');
    });
  }

  /** Sends the invitation again with a further link; `conflict` once it has been answered, `too-many` after three. */
  async resend(actor: AccountId, outgoingId: string): Promise<void> {
    const owner = await this.#account(actor);
    const share = await this.#owned(this.#in.database.read, actor, outgoingId);
    if (share.state !== 'created' && share.state !== 'sent') {
      throw new Failure('conflict', 'This invitation has already been answered or has ended.');
    }
    const folder = await this.#in.tree.stat(person(actor), share.folderId);
    await this.#in.limiter.spend(`resend:${share.id}`, RESENDS);
    await this.#in.limiter.spend(recipientKey(share.recipient), PER_RECIPIENT);
    await this.#in.database.write((trx) => this.#invite(trx, owner, folder, share));
  }

  async #revoke(trx: Transaction, share: OutgoingShare, actor: string): Promise<boolean> {
    return this.#in.origin.end(trx, share, 'end', { actor, reason: 'revoked' });
  }

  async #account(id: AccountId): Promise<Account> {
    const account = await this.#in.accounts.byId(id);
    if (account === undefined) throw new Failure('unauthenticated', 'Please sign in.');
    return account;
  }

  async #owned(q: Parameters<OutgoingShares['byId']>[0], actor: AccountId, outgoingId: string): Promise<OutgoingShare> {
    const share = await this.#in.outgoing.byId(q, outgoingId);
    if (share?.ownerId !== actor) throw notFound('This share is not known here.');
    return share;
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

  async #spend(actor: AccountId, recipients: readonly Email[]): Promise<void> {
    for (const recipient of recipients) await this.#in.limiter.check(recipientKey(recipient), PER_RECIPIENT);
    for (const recipient of recipients) {
      await this.#in.limiter.spend(`share:${actor}`, PER_OWNER);
      await this.#in.limiter.spend(recipientKey(recipient), PER_RECIPIENT);
    }
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

  async #propose(
    trx: Transaction,
    owner: Account,
    folder: Item,
    recipient: Email,
    request: ShareRequest,
  ): Promise<OutgoingShare> {
    const recipientFolded = foldEmail(recipient);
    const existing = await this.#in.outgoing.openWith(trx, folder.id, recipientFolded);
    if (existing !== undefined) return existing;
    const id = randomWord(this.#in.random);
    await this.#in.outgoing.add(trx, {
      id,
      shareId: randomUuid(this.#in.random),
      ownerId: owner.id,
      folderId: folder.id,
      recipient,
      recipientFolded,
      permission: request.permission,
      comment: displayText(request.comment ?? '', 1000),
      expiresAt: request.expiresAt,
      invitationExpiresAt: this.#in.clock.now() + INVITATION_LIFE,
    });
    const share = await this.#in.outgoing.byId(trx, id);
    if (share === undefined) throw new Failure('internal', 'The share was not stored.');
    await this.#invite(trx, owner, folder, share);
    return share;
  }

  async #invite(trx: Transaction, owner: Account, folder: Item, share: OutgoingShare): Promise<void> {
    const link = await this.#in.invitations.issue(trx, share.id);
    await this.#in.post(trx, {
      letter: 'invitation',
      to: share.recipient,
      data: {
        ownerName: owner.name,
        ownerEmail: owner.email,
        folderName: folder.name,
        permission: share.permission,
        comment: share.comment,
        link,
        until: new Date(Math.min(share.invitationExpiresAt, share.expiresAt ?? Infinity)).toISOString(),
      },
    });
  }
}

function person(accountId: AccountId): Principal {
  return { kind: 'person', accountId };
}

function recipientKey(email: Email): string {
  return `invite:${foldEmail(email)}`;
}
