import type { Account, Accounts } from '../accounts/index.js';
import type { Item, Tree } from '../files/index.js';
import {
  DAY,
  displayText,
  Failure,
  foldEmail,
  HOUR,
  invalid,
  randomUuid,
  randomWord,
  rfc3339,
  type AccountId,
  type Clock,
  type Email,
  type Permission,
  type Random,
} from '../kernel/index.js';
import type { Database, Limiter, Transaction } from '../platform/index.js';
import type { Invitations } from './invitations.js';
import type { Post } from './messages.js';
import { ownShare } from './own-share.js';
import type { OutgoingShare } from './outgoing-share.js';
import type { OutgoingShares } from './outgoing-shares.js';
import type { ShareEvents } from './share-events.js';

/** How long an invitation may stay unanswered when its owner says nothing (cloudspaces-interop.md 8), milliseconds. */
const INVITATION_LIFE = 30 * DAY;

/** What an owner may choose instead, milliseconds. */
const SHORTEST_LIFE = DAY;
const LONGEST_LIFE = 90 * DAY;

/** Invitation spam (threat model MAI-02). */
const PER_OWNER = { acts: 20, per: HOUR };
const PER_RECIPIENT = { acts: 5, per: DAY };
const RESENDS = { acts: 3, per: 365 * DAY };

/** How an owner offers a folder to somebody abroad. */
export interface OfferTerms {
  readonly permission: Permission;
  readonly comment?: string;
  /** The owner's expiry of the share, milliseconds. */
  readonly expiresAt?: number;
  /** How long the invitation waits for an answer, milliseconds: one to 90 days; 30 days when absent. */
  readonly invitationLife?: number;
}

/** What inviting needs from the rest of the house. */
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
  readonly post: Post;
}

/** Offers of folders to people abroad, and the mail that invites them. */
export class Inviting {
  readonly #in: InvitingInputs;

  constructor(inputs: InvitingInputs) {
    this.#in = inputs;
  }

  /** Counts what an owner is about to mail; `too-many` beyond the limits (MAI-02). */
  async spend(ownerId: AccountId, recipients: readonly Email[]): Promise<void> {
    for (const recipient of recipients) await this.#in.limiter.check(recipientKey(recipient), PER_RECIPIENT);
    for (const recipient of recipients) {
      await this.#in.limiter.spend(`share:${ownerId}`, PER_OWNER);
      await this.#in.limiter.spend(recipientKey(recipient), PER_RECIPIENT);
    }
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

  /** Makes an outgoing share and mails the invitation; an address that already has an open one keeps it as it is. */
  async propose(
    trx: Transaction,
    owner: Account,
    folder: Pick<Item, 'id' | 'name'>,
    recipient: Email,
    terms: OfferTerms,
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
      permission: terms.permission,
      comment: displayText(terms.comment ?? '', 1000),
      expiresAt: terms.expiresAt,
      invitationExpiresAt: this.#in.clock.now() + (terms.invitationLife ?? INVITATION_LIFE),
    });
    const share = await this.#in.outgoing.byId(trx, id);
    if (share === undefined) throw new Failure('internal', 'The share was not stored.');
    await this.#invite(trx, owner, folder, share);
    return share;
  }

  /**
   * Sends the invitation again with a further link, as long as it has not been answered; `conflict` afterwards,
   * `too-many` after three times.
   */
  async resend(actor: AccountId, outgoingId: string): Promise<void> {
    const { database, accounts, outgoing, tree, limiter } = this.#in;
    const owner = await accounts.byId(actor);
    const share = await ownShare(outgoing, database.read, actor, outgoingId);
    if (owner === undefined || !this.#isOpen(share)) throw noLongerOpen();
    const folder = await tree.stat({ kind: 'person', accountId: actor }, share.folderId);
    await limiter.spend(`resend:${share.id}`, RESENDS);
    await limiter.spend(recipientKey(share.recipient), PER_RECIPIENT);
    await database.write(async (trx) => {
      // Answered or taken back meanwhile, it is not sent again (threat model AUT-07).
      const now = await ownShare(outgoing, trx, actor, outgoingId);
      if (!this.#isOpen(now)) throw noLongerOpen();
      await this.#invite(trx, owner, folder, now);
      await this.#in.events.noteAct(trx, 'outgoing', now, { event: 'resend', actor });
    });
  }

  /** False too for one whose time is up and that no clock has ended yet. */
  #isOpen({ state, invitationExpiresAt, expiresAt = Infinity }: OutgoingShare): boolean {
    const waits = state === 'created' || state === 'sent';
    return waits && Math.min(invitationExpiresAt, expiresAt) > this.#in.clock.now();
  }

  async #invite(trx: Transaction, owner: Account, folder: Pick<Item, 'name'>, share: OutgoingShare): Promise<void> {
    const link = await this.#in.invitations.issue(trx, share.id);
    await this.#in.outgoing.noteMail(trx, share.id, 'queued');
    await this.#in.post(trx, {
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

function recipientKey(email: Email): string {
  return `invite:${foldEmail(email)}`;
}
