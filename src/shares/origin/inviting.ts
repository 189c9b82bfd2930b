import type { Account, Accounts } from '../../accounts/index.js';
import type { Item, Tree } from '../../files/index.js';
import {
  DAY,
  Failure,
  foldEmail,
  invalid,
  randomUuid,
  randomWord,
  rfc3339,
  type AccountId,
  type Clock,
  type Email,
  type Permission,
  type Random,
} from '../../kernel/index.js';
import type { Database, Limiter, Transaction } from '../../platform/index.js';
import { parseComment } from '../agreement/comment.js';
import type { Invitations } from './invitations.js';
import { isMailed, type QueueShareLetter } from '../agreement/messages.js';
import { spendInvitations } from './invitation-limits.js';
import { ownShare } from '../records/own-share.js';
import { isChoosable } from '../rules/origin.js';
import type { OutgoingShare } from '../agreement/outgoing-share.js';
import type { OutgoingShares } from '../records/outgoing-shares.js';
import type { ShareEvents } from '../records/share-events.js';

/** How long an invitation may stay unanswered when its owner says nothing (cloudspaces-interop.md 8), milliseconds. */
const INVITATION_LIFE = 30 * DAY;

/** What an owner may choose instead, milliseconds. */
const SHORTEST_LIFE = DAY;
const LONGEST_LIFE = 90 * DAY;

/** The same invitation mailed again (threat model MAI-02). */
const RESENDS = { acts: 3, per: 365 * DAY };

/** The terms on which an owner offers a folder to somebody in another cloud. */
export interface OfferTerms {
  readonly permission: Permission;
  readonly comment?: string;
  /** The owner's expiry of the share, milliseconds. */
  readonly expiresAt?: number;
  /** How long the invitation waits for an answer, milliseconds: one to 90 days; 30 days when absent. */
  readonly invitationLife?: number;
}

/** What inviting needs from other rooms. */
export interface InvitingInputs {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly limiter: Limiter;
  readonly accounts: Pick<Accounts, 'byId'>;
  readonly tree: Pick<Tree, 'stat'>;
  readonly outgoing: OutgoingShares;
  readonly events: ShareEvents;
  readonly invitations: Pick<Invitations, 'issue'>;
  readonly queueLetter: QueueShareLetter;
}

/** Makes offers of folders to people in other clouds, and mails the invitations. */
export class Inviting {
  readonly #in: InvitingInputs;

  constructor(inputs: InvitingInputs) {
    this.#in = inputs;
  }

  /** Throws `invalid` for terms that no share can have. */
  check({ expiresAt, invitationLife = INVITATION_LIFE }: Pick<OfferTerms, 'expiresAt' | 'invitationLife'>): void {
    if (expiresAt !== undefined && expiresAt <= this.#in.clock.now()) {
      throw invalid('expires_at must lie in the future.');
    }
    if (!(invitationLife >= SHORTEST_LIFE && invitationLife <= LONGEST_LIFE)) {
      throw invalid('An invitation can wait for one day to 90 days.');
    }
  }

  /** Counts new invitations, see {@link spendInvitations}. */
  async spend(trx: Transaction, ownerId: AccountId, recipients: readonly Email[]): Promise<void> {
    await spendInvitations(this.#in.limiter, trx, ownerId, recipients);
  }

  /** Makes an outgoing share and mails the invitation, for an address that has no open one for this folder. */
  async propose(
    trx: Transaction,
    owner: Account,
    folder: Pick<Item, 'id' | 'name'>,
    recipient: Email,
    terms: OfferTerms,
  ): Promise<OutgoingShare> {
    const share = await this.add(trx, owner, folder, { email: recipient, ...terms });
    await this.#invite(trx, owner, folder, share);
    return share;
  }

  /** Makes an outgoing share for an address that has no open one for this folder; nobody is told. */
  async add(
    trx: Transaction,
    owner: Account,
    folder: Pick<Item, 'id'>,
    { email: recipient, ...terms }: OfferTerms & { readonly email: Email },
  ): Promise<OutgoingShare> {
    const id = randomWord(this.#in.random);
    await this.#in.outgoing.add(trx, {
      id,
      shareId: randomUuid(this.#in.random),
      ownerId: owner.id,
      folderId: folder.id,
      recipient,
      recipientFolded: foldEmail(recipient),
      permission: terms.permission,
      comment: parseComment(terms.comment ?? ''),
      expiresAt: terms.expiresAt,
      invitationExpiresAt: this.#in.clock.now() + (terms.invitationLife ?? INVITATION_LIFE),
    });
    const share = await this.#in.outgoing.byId(trx, id);
    if (share === undefined) throw new Failure('internal', 'The share was not stored.');
    return share;
  }

  /**
   * Sends the invitation again with a further link, as long as it has not been answered; `conflict` afterwards, and for what
   * was offered to a server without a letter; `too-many` after three times.
   */
  async resend(actor: AccountId, outgoingId: string): Promise<void> {
    const { database, accounts, outgoing, tree, limiter } = this.#in;
    const owner = await accounts.byId(actor);
    const share = await ownShare(outgoing, database.read, actor, outgoingId);
    if (owner === undefined || !this.#isOpen(share)) throw noLongerOpen();
    const folder = await tree.stat({ kind: 'person', accountId: actor }, share.folderId);
    await database.write(async (trx) => {
      // Answered or taken back meanwhile, it is not sent again (threat model AUT-07).
      const now = await ownShare(outgoing, trx, actor, outgoingId);
      if (!this.#isOpen(now)) throw noLongerOpen();
      await limiter.spend(`resend:${share.id}`, RESENDS, trx);
      await this.#invite(trx, owner, folder, now);
      await this.#in.events.noteAct(trx, 'outgoing', now, { event: 'resend', actor });
    });
  }

  #isOpen(share: OutgoingShare): boolean {
    return isMailed(share) && isChoosable(share, this.#in.clock.now());
  }

  async #invite(trx: Transaction, owner: Account, folder: Pick<Item, 'name'>, share: OutgoingShare): Promise<void> {
    const link = await this.#in.invitations.issue(trx, share.id);
    await this.#in.outgoing.noteMail(trx, share.id, 'queued');
    await this.#in.queueLetter(trx, {
      letter: 'invitation',
      to: share.recipient,
      about: { direction: 'outgoing', id: share.id },
      data: {
        ownerName: owner.name,
        ownerEmail: owner.email,
        folderName: folder.name,
        permission: share.permission,
        comment: share.comment,
        link,
        until: rfc3339(Math.min(share.invitationExpiresAt, share.expiresAt ?? Infinity)),
      },
    });
  }
}

function noLongerOpen(): Failure {
  return new Failure('conflict', 'This invitation has already been answered or has ended.');
}
