import type { DeliveryRecord, QueueView } from '../deliveries/index.js';
import { DAY, rfc3339, type AccountId, type Clock, type Permission } from '../kernel/index.js';
import type { Database, Queries, Transaction } from '../platform/index.js';
import type { IncomingShare } from './incoming-share.js';
import type { IncomingShares } from './incoming-shares.js';
import { CREDENTIALS, halfOfLane, type Letter, type Post } from './messages.js';
import type { Moved } from './moved.js';
import { endedForOwner, endedReason, leftReason, TROUBLES, type OwnersTrouble } from './notice-words.js';
import type { MailState, OutgoingShare } from './outgoing-share.js';
import type { OutgoingShares } from './outgoing-shares.js';
import type { IncomingEvent, OutgoingEvent } from './transitions.js';
import type { OutgoingView } from './views.js';

/** How long a key may fail to reach a cloud before its owner is told, milliseconds. */
const PATIENCE = DAY;

/** Messages that are looked at together. */
const PAGE = 500;

/** What notices need from the rest of the house. */
export interface NoticesInputs {
  readonly database: Database;
  readonly clock: Clock;
  readonly post: Post;
  readonly queue: QueueView;
  readonly outgoing: Pick<OutgoingShares, 'byId' | 'view' | 'noteMail'>;
  readonly incoming: Pick<IncomingShares, 'addressOf'>;
  /** `https://cloud.example` without a trailing slash. */
  readonly publicOrigin: string;
}

/** Terms of a folder, as its reader is told. */
export interface ToldTerms {
  readonly permission: Permission;
  /** Milliseconds. */
  readonly expiresAt: number | undefined;
}

/** Letters about what became of a share: one place writes them, in the transaction in which it happened. */
export class Notices {
  readonly #in: NoticesInputs;

  constructor(inputs: NoticesInputs) {
    this.#in = inputs;
  }

  /** The origin's half has moved: its owner hears of what others did. */
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
      case 'repoint':
        return this.#toldTrouble(trx, share, 'cloud-moved');
      case 'end':
        // Owners know what they do themselves, and what they ordered: the last day.
        if (actor !== share.ownerId) await this.#endedForOwner(trx, share, actor);
        return undefined;
      default:
        return undefined;
    }
  }

  /** The destination's half has moved: its recipient hears of what others did, once they had accepted. */
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
      link: `${this.#in.publicOrigin}/shares`,
    });
  }

  /** The recipient's mount has new terms, learnt from the other cloud. */
  async termsLearnt(trx: Transaction, share: IncomingShare, terms: ToldTerms): Promise<void> {
    await this.#toRecipient(trx, share, 'share-changed', { ...ownerOf(share), ...this.#changed(terms) });
  }

  /** A member of this cloud has new terms. */
  async memberChanged(
    trx: Transaction,
    to: Pick<Letter, 'to'> & { readonly reader: AccountId },
    folder: { readonly ownerName: string; readonly ownerEmail: string; readonly folderName: string },
    terms: ToldTerms,
  ): Promise<void> {
    await this.#in.post(trx, { ...to, letter: 'share-changed', data: { ...folder, ...this.#changed(terms) } });
  }

  /** What became of an invitation's mail; a refusal for good is told to the owner, once for each mail. */
  async invitationMailed(trx: Transaction, { about }: Pick<Letter, 'about'>, state: MailState): Promise<void> {
    const share = about === undefined ? undefined : await this.#in.outgoing.byId(trx, about.id);
    if (share === undefined) return;
    await this.#in.outgoing.noteMail(trx, share.id, state);
    if (state === 'refused') await this.#toOwner(trx, share, 'share-undelivered', () => TROUBLES['no-such-address']);
  }

  /** False once an invitation has been answered or taken back: its mail has nothing to say any more. */
  async stillInvites({ about }: Pick<Letter, 'about'>): Promise<boolean> {
    const share = await this.#in.outgoing.byId(this.#in.database.read, about?.id ?? '');
    return share?.state === 'created' || share?.state === 'sent';
  }

  /** Tells owners whose keys were given up, or did not arrive for a day: once per trouble. Answers how many were told. */
  async tellTroubles(): Promise<number> {
    const late = (record: DeliveryRecord): boolean => record.createdAt <= this.#in.clock.now() - PATIENCE;
    const failed = await this.#keysThat('failed', () => true, 'key-unsendable');
    // While the peer rests, keys that came later wait untried (PEER-02).
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

  /** The share, while it waits for its key to arrive and its owner has not been told of this trouble. */
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
    const data = { recipient, folderName, link: `${this.#in.publicOrigin}/shares`, ...more(view) };
    const about = { direction: 'outgoing', id: share.id } as const;
    await this.#in.post(trx, { letter, to: ownerEmail, data, about, reader: share.ownerId });
  }

  async #mounted(trx: Transaction, share: IncomingShare): Promise<void> {
    const link = `${this.#in.publicOrigin}/files`;
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
    await this.#in.post(trx, {
      ...{ letter, to, about: { direction: 'incoming', id: share.id } },
      data: { folderName: share.folderName, ...data },
      ...(share.accountId !== undefined && { reader: share.accountId }),
    });
  }

  #changed({ permission, expiresAt }: ToldTerms): Readonly<Record<string, string>> {
    const until = expiresAt === undefined ? '' : rfc3339(expiresAt);
    return { permission, until, link: `${this.#in.publicOrigin}/files` };
  }
}

function ownerOf({ ownerName, ownerEmail }: IncomingShare): { ownerName: string; ownerEmail: string } {
  return { ownerName, ownerEmail };
}
