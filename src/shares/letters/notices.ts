import type { DeliveryRecord, QueueView } from '../../deliveries/index.js';
import { DAY, rfc3339, type AccountId, type Clock, type Permission } from '../../kernel/index.js';
import type { Database, Queries, Transaction } from '../../platform/index.js';
import type { IncomingShare } from '../agreement/incoming-share.js';
import type { IncomingShares } from '../records/incoming-shares.js';
import { CREDENTIALS, halfOfLane, isOcm, type ShareLetter, type QueueShareLetter } from '../agreement/messages.js';
import type { Moved } from '../agreement/moved.js';
import { endedForOwner, endedReason, leftReason, TROUBLES, type OwnersTrouble } from './notice-words.js';
import type { MailState, OutgoingShare } from '../agreement/outgoing-share.js';
import type { OutgoingShares } from '../records/outgoing-shares.js';
import type { IncomingEvent, OutgoingEvent } from '../agreement/transitions.js';
import type { OutgoingView } from '../agreement/views.js';
import { isUndecided } from '../rules/origin.js';
import type { ToldTerms } from '../rules/terms.js';

/** How long credentials may fail to reach a cloud before the owner is told, milliseconds. */
const PATIENCE = DAY;

/** Deliveries that are read in one page. */
const PAGE = 500;

/** What notices need from other rooms. */
export interface NoticesInputs {
  readonly database: Database;
  readonly clock: Clock;
  readonly queueLetter: QueueShareLetter;
  readonly queue: QueueView;
  readonly outgoing: Pick<OutgoingShares, 'byId' | 'view' | 'noteMail'>;
  readonly incoming: Pick<IncomingShares, 'addressOf'>;
  /** `https://cloud.example` without a trailing slash. */
  readonly webOrigin: string;
}

/** Queues all letters about shares, in the transaction of the event that they tell. */
export class Notices {
  readonly #in: NoticesInputs;

  constructor(inputs: NoticesInputs) {
    this.#in = inputs;
  }

  /** Tells the owner of transitions of the origin's half that others caused. */
  async outgoingMoved(trx: Transaction, moved: Moved<OutgoingShare, OutgoingEvent>): Promise<void> {
    const { after: share, event, actor } = moved;
    switch (event) {
      case 'delivered':
        await this.#troubleOver(trx, share);
        return this.#toOwner(trx, share, 'share-accepted', (view) => ({
          peerName: view.peerName ?? 'their cloud',
          permission: share.permission,
        }));
      case 'decline':
        return this.#toOwner(trx, share, 'share-declined');
      case 'left':
        return this.#toOwner(trx, share, 'share-left', () => ({ reason: leftReason(moved.before.state) }));
      case 'refused':
        return this.#toldTrouble(trx, share, 'key-refused');
      case 'offer-failed':
        return isOcm(moved.before) ? this.#notTaken(trx, share) : undefined;
      case 'repoint':
        return isOcm(share) ? this.#notTaken(trx, share) : this.#toldTrouble(trx, share, 'cloud-moved');
      case 'end':
        // Owners are not told of their own acts, nor of the expiry that they had set.
        if (actor !== share.ownerId) await this.#endedForOwner(trx, share, actor);
        return undefined;
      default:
        return undefined;
    }
  }

  /** Tells the recipient of transitions of the destination's half that others caused, once it was accepted. */
  async incomingMoved(trx: Transaction, moved: Moved<IncomingShare, IncomingEvent>): Promise<void> {
    const { before, after: share, event, actor } = moved;
    if (event === 'mounted') return this.#mounted(trx, share);
    const reason = endedReason(event, share.endReason);
    const hadAccepted = before.state === 'accepted' || before.state === 'active';
    if (reason === undefined || !hadAccepted || actor === share.accountId) return undefined;
    return this.#toRecipient(trx, share, 'share-ended', {
      otherName: share.ownerName,
      otherEmail: share.ownerEmail,
      reason,
      asks: event === 'leave' ? 'your administrator' : share.ownerName,
      link: `${this.#in.webOrigin}/shares`,
    });
  }

  /** Tells the recipient of a proposal that no browser brought them to. */
  async proposalArrived(trx: Transaction, share: IncomingShare, reader: AccountId): Promise<void> {
    const link = `${this.#in.webOrigin}/interop/proposals/${share.id}`;
    const data = { ...ownerOf(share), sender: share.sender ?? '', link };
    await this.#toRecipient(trx, { ...share, accountId: reader }, 'proposal', data);
  }

  /** Tells the recipient that a mount has new terms, which the other cloud has shown. */
  async termsLearnt(trx: Transaction, share: IncomingShare, terms: ToldTerms): Promise<void> {
    await this.#toRecipient(trx, share, 'share-changed', { ...ownerOf(share), ...this.#changed(terms) });
  }

  /** Tells a new member of a folder of this cloud, with the same letter that recipients of mounts get. */
  async memberJoined(
    trx: Transaction,
    to: Pick<ShareLetter, 'to'> & { readonly reader: AccountId },
    folder: { readonly ownerName: string; readonly ownerEmail: string; readonly folderName: string },
    permission: Permission,
  ): Promise<void> {
    const link = `${this.#in.webOrigin}/files`;
    await this.#in.queueLetter(trx, { ...to, letter: 'share-active', data: { ...folder, permission, link } });
  }

  /** Tells a member of this cloud of new terms. */
  async memberChanged(
    trx: Transaction,
    to: Pick<ShareLetter, 'to'> & { readonly reader: AccountId },
    folder: { readonly ownerName: string; readonly ownerEmail: string; readonly folderName: string },
    terms: ToldTerms,
  ): Promise<void> {
    await this.#in.queueLetter(trx, { ...to, letter: 'share-changed', data: { ...folder, ...this.#changed(terms) } });
  }

  /** Stores the delivery state of an invitation's mail; tells the owner of a permanent refusal, once for each mail. */
  async invitationMailed(trx: Transaction, { about }: Pick<ShareLetter, 'about'>, state: MailState): Promise<void> {
    const share = about === undefined ? undefined : await this.#in.outgoing.byId(trx, about.id);
    if (share === undefined) return;
    await this.#in.outgoing.noteMail(trx, share.id, state);
    if (state === 'refused') await this.#toOwner(trx, share, 'share-undelivered', () => TROUBLES['no-such-address']);
  }

  /** False once an invitation has been answered or withdrawn, so that its mail need not be sent. */
  async stillInvites({ about }: Pick<ShareLetter, 'about'>): Promise<boolean> {
    const share = await this.#in.outgoing.byId(this.#in.database.read, about?.id ?? '');
    return share !== undefined && isUndecided(share);
  }

  /**
   * Tells owners whose credentials could not be delivered, finally or for a day: once for each. Answers how many were
   * told.
   */
  async tellTroubles(): Promise<number> {
    const late = (record: DeliveryRecord): boolean => record.createdAt <= this.#in.clock.now() - PATIENCE;
    const failed = await this.#keysThat('failed', () => true, 'key-unsendable');
    // While the peer's breaker is open, later credentials wait without an attempt (PEER-02).
    const waiting = await this.#keysThat('waiting', late, 'key-late');
    return failed + waiting + (await this.#keysThat('failing', late, 'key-late'));
  }

  async #keysThat(
    standing: 'failed' | 'failing' | 'waiting',
    fits: (record: DeliveryRecord) => boolean,
    trouble: OwnersTrouble,
  ): Promise<number> {
    let told = 0;
    for (let after: number | undefined = 0; after !== undefined;) {
      const page = await this.#in.queue.page({ standing, after, limit: PAGE });
      for (const record of page.records) {
        if (record.kind === CREDENTIALS && fits(record)) told += Number(await this.#tellOnce(record, trouble));
      }
      after = page.next;
    }
    return told;
  }

  async #tellOnce(record: DeliveryRecord, trouble: OwnersTrouble): Promise<boolean> {
    const id = halfOfLane(record.lane)?.id ?? '';
    if ((await this.#untold(this.#in.database.read, id, trouble)) === undefined) return false;
    return this.#in.database.write(async (trx) => {
      const share = await this.#untold(trx, id, trouble);
      if (share !== undefined) await this.#toldTrouble(trx, share, trouble);
      return share !== undefined;
    });
  }

  /** The share, if it still waits for its credentials to arrive and its owner has not been told of this trouble. */
  async #untold(q: Queries, id: string, trouble: OwnersTrouble): Promise<OutgoingShare | undefined> {
    const share = await this.#in.outgoing.byId(q, id);
    return share?.state !== 'accepted' || (await this.#isTold(q, id, trouble)) ? undefined : share;
  }

  async #isTold(q: Queries, about: string, trouble: OwnersTrouble): Promise<boolean> {
    return (await q('told_troubles').where({ about, trouble }).first('at')) !== undefined;
  }

  async #toldTrouble(trx: Transaction, share: OutgoingShare, trouble: OwnersTrouble): Promise<void> {
    const row = { about: share.id, trouble, at: this.#in.clock.now() };
    await trx('told_troubles').insert(row).onConflict(['about', 'trouble']).merge();
    await this.#toOwner(trx, share, 'share-undelivered', () => TROUBLES[trouble]);
  }

  /** The owner of an offer by Open Cloud Mesh is not there when it is refused. */
  async #notTaken(trx: Transaction, share: OutgoingShare): Promise<void> {
    const { problem: trouble = TROUBLES['offer-refused'].trouble } = share;
    await this.#toOwner(trx, share, 'share-undelivered', () => ({ ...TROUBLES['offer-refused'], trouble }));
  }

  async #troubleOver(trx: Transaction, share: OutgoingShare): Promise<void> {
    await trx('told_troubles').where({ about: share.id }).delete();
  }

  async #endedForOwner(trx: Transaction, share: OutgoingShare, actor: string): Promise<void> {
    const other = { otherName: share.recipient, otherEmail: share.recipient };
    await this.#toOwner(trx, share, 'share-ended', () => ({ ...other, ...endedForOwner(actor) }));
  }

  async #toOwner(
    trx: Transaction,
    share: OutgoingShare,
    letter: string,
    more: (view: OutgoingView) => Readonly<Record<string, string>> = () => ({}),
  ): Promise<void> {
    const view = await this.#in.outgoing.view(trx, share.id);
    // A removed account has no address.
    if (view === undefined || view.ownerEmail.length === 0) return;
    const { recipient, folderName, ownerEmail } = view;
    const data = { recipient, folderName, link: `${this.#in.webOrigin}/shares`, ...more(view) };
    const about = { direction: 'outgoing', id: share.id } as const;
    await this.#in.queueLetter(trx, { letter, to: ownerEmail, data, about, reader: share.ownerId });
  }

  async #mounted(trx: Transaction, share: IncomingShare): Promise<void> {
    const link = `${this.#in.webOrigin}/files`;
    await this.#toRecipient(trx, share, 'share-active', { ...ownerOf(share), permission: share.permission, link });
  }

  async #toRecipient(
    trx: Transaction,
    share: IncomingShare,
    letter: string,
    data: Readonly<Record<string, string>>,
  ): Promise<void> {
    const to = await this.#in.incoming.addressOf(trx, share);
    if (to === undefined) return;
    await this.#in.queueLetter(trx, {
      letter,
      to,
      about: { direction: 'incoming', id: share.id },
      data: { folderName: share.folderName, ...data },
      ...(share.accountId !== undefined && { reader: share.accountId }),
    });
  }

  #changed({ permission, expiresAt }: ToldTerms): Readonly<Record<string, string>> {
    const until = expiresAt === undefined ? '' : rfc3339(expiresAt);
    return { permission, until, link: `${this.#in.webOrigin}/files` };
  }
}

function ownerOf({ ownerName, ownerEmail }: IncomingShare): { ownerName: string; ownerEmail: string } {
  return { ownerName, ownerEmail };
}
