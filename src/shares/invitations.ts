import type { Accounts } from '../accounts/index.js';
import {
  domainOf,
  Failure,
  HOUR,
  notFound,
  randomUuid,
  randomWord,
  type Clock,
  type ItemId,
  type Random,
} from '../kernel/index.js';
import { lockTrust, type Peer } from '../peers/index.js';
import type { Database, Limiter, Queries, Sealer, Transaction } from '../platform/index.js';
import type { Offer, OfferAnswer, Passage } from './agreement.js';
import type { OriginHalf } from './origin-half.js';
import type { OutgoingShare } from './outgoing-share.js';
import type { OutgoingShares } from './outgoing-shares.js';
import { choose, offerFailed, type FreshNames } from './rules/origin.js';
import type { InvitationView, OfferedPeer } from './views.js';

/** What the selection page needs from the rest of the house. */
export interface InvitationInputs {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly sealer: Sealer;
  readonly limiter: Limiter;
  readonly outgoing: OutgoingShares;
  readonly origin: OriginHalf;
  readonly accounts: Pick<Accounts, 'byId'>;
  /** The peers that an invitee may pick. */
  readonly peers: { offered(): Promise<readonly Peer[]> };
  readonly folderName: (q: Queries, folderId: ItemId) => Promise<string | undefined>;
  /** Presents a proposal to a peer and waits: a person is waiting too. */
  readonly present: (peer: Peer, offer: Offer) => Promise<OfferAnswer>;
  /** `https://cloud.example` without a trailing slash. */
  readonly publicOrigin: string;
  /** The storage API's base, with a trailing slash. */
  readonly storageBase: string;
}

/** Proposals that one invitation may cause: each is a call to another cloud, and the link may be in any hands (G10). */
const CHOICES = { acts: 20, per: HOUR };

/** Invitation links: looking at one changes nothing, choosing a cloud presents the proposal there (product.md 2, 3). */
export class Invitations {
  readonly #in: InvitationInputs;

  constructor(inputs: InvitationInputs) {
    this.#in = inputs;
  }

  /** A further link to the same share; the earlier ones keep working (threat model PRO-09). */
  async issue(trx: Transaction, outgoingId: string): Promise<string> {
    const token = randomWord(this.#in.random, 43);
    await trx('invitations').insert({
      token_hash: this.#hash(token),
      outgoing_id: outgoingId,
      created_at: this.#in.clock.now(),
    });
    return `${this.#in.publicOrigin}/invitations/${token}`;
  }

  /** What the holder of a link may see. `not-found` for unknown tokens. Changes nothing. */
  async view(token: string): Promise<InvitationView> {
    const q = this.#in.database.read;
    const share = await this.#find(q, token);
    const owner = await this.#in.accounts.byId(share.ownerId);
    const folderName = await this.#in.folderName(q, share.folderId);
    if (owner === undefined || folderName === undefined) throw unknownLink();
    return {
      state: share.state,
      ownerName: owner.name,
      ownerEmail: owner.email,
      folderName,
      permission: share.permission,
      comment: share.comment,
      recipient: share.recipient,
      expiresAt: share.expiresAt,
      invitationExpiresAt: share.invitationExpiresAt,
      peers: offeredTo(share, await this.#in.peers.offered()),
      chosenPeerId: share.state === 'sent' ? share.peerId : undefined,
    };
  }

  /**
   * The invitee picks a cloud. Records the choice, presents the proposal, answers how the browser gets there.
   * `conflict` when the share no longer waits for a choice, `invalid` for a cloud that is not on offer,
   * `peer-failed` when the cloud did not take it: then the invitee may try again or pick another; `too-many` after
   * twenty choices in an hour.
   */
  async choose(token: string, peerId: string): Promise<Passage> {
    const peer = (await this.#in.peers.offered()).find((each) => each.id === peerId);
    if (peer === undefined) throw notOffered();
    const { id } = await this.#find(this.#in.database.read, token);
    await this.#in.limiter.spend(`choose:${id}`, CHOICES);
    const chosen = await this.#in.database.write((trx) => this.#recordChoice(trx, token, peer));
    const answer = await this.#in.present(peer, chosen.offer);
    if (answer.kind === 'page' || answer.kind === 'form') return answer;
    await this.#in.database.write((trx) => this.#offerFailed(trx, chosen, answer));
    throw new Failure(
      'peer-failed',
      `${peer.name} did not take the invitation. Try again in a moment or pick another cloud.`,
      {
        detail: answer.note,
      },
    );
  }

  async #recordChoice(trx: Transaction, token: string, peer: Peer): Promise<Presented & { offer: Offer }> {
    if (!(await lockTrust(trx, peer.id))) throw notOffered();
    const share = await this.#find(trx, token);
    const choice = choose(share, peer, { fresh: this.#freshNames(share), now: this.#in.clock.now() });
    if (choice.kind === 'not-open') throw noLongerOpen(share);
    const sent = await this.#in.origin.apply(trx, share, choice.step, 'holder of the link');
    if (sent === undefined) throw noLongerOpen(share);
    return { share: sent, again: choice.again, offer: await this.#offer(trx, sent) };
  }

  /** A callback nobody can guess, and for a second peer a new name on the wire (threat model PRO-13). */
  #freshNames(share: OutgoingShare): FreshNames {
    const callback = randomWord(this.#in.random, 43);
    return {
      shareId: randomUuid(this.#in.random),
      callbackHash: this.#in.sealer.digest(callback, CALLBACK),
      callbackSealed: this.#in.sealer.seal(callback, callbackContext(share.id)),
    };
  }

  async #offer(trx: Transaction, share: OutgoingShare): Promise<Offer> {
    const owner = await this.#in.accounts.byId(share.ownerId, trx);
    const folderName = await this.#in.folderName(trx, share.folderId);
    if (owner === undefined || folderName === undefined || share.callbackSealed === undefined) throw unknownLink();
    const callback = this.#in.sealer.open(share.callbackSealed, callbackContext(share.id));
    return {
      shareId: share.shareId,
      resourceUrl: `${this.#in.storageBase}folder/${share.folderId}`,
      ownerName: owner.name,
      ownerEmail: owner.email,
      folderName,
      permission: share.permission,
      recipient: share.recipient,
      callback: `${this.#in.publicOrigin}/interop/result/${callback}`,
      expiresAt: share.expiresAt,
    };
  }

  async #offerFailed(trx: Transaction, tried: Presented, answer: Exclude<OfferAnswer, Passage>): Promise<void> {
    const share = await this.#in.outgoing.byId(trx, tried.share.id);
    if (share === undefined) return;
    const burnt = answer.kind === 'refused' && answer.status === 409;
    const attempt = { revision: tried.share.revision, burnt, again: tried.again, note: answer.note };
    const step = offerFailed(share, attempt, { fresh: this.#freshNames(share), now: this.#in.clock.now() });
    await this.#in.origin.apply(trx, share, step, 'peer');
  }

  async #find(q: Queries, token: string): Promise<OutgoingShare> {
    const row = await q('invitations')
      .where({ token_hash: this.#hash(token) })
      .first<{ outgoing_id: string } | undefined>('outgoing_id');
    const share = row === undefined ? undefined : await this.#in.outgoing.byId(q, row.outgoing_id);
    if (share === undefined) throw unknownLink();
    return share;
  }

  #hash(token: string): string {
    return this.#in.sealer.digest(token, 'invitation');
  }
}

/** A share as it is presented to a peer, for the first time or again. */
interface Presented {
  readonly share: OutgoingShare;
  readonly again: boolean;
}

/** Purpose of the digest under which a callback path is found. */
export const CALLBACK = 'callback';

function callbackContext(outgoingId: string): string {
  return `outgoing_shares.callback:${outgoingId}`;
}

function offeredTo(share: OutgoingShare, peers: readonly Peer[]): OfferedPeer[] {
  const domain = domainOf(share.recipient);
  return peers
    .map((peer) => ({
      id: peer.id,
      name: peer.name,
      origin: new URL(peer.shareUrl).origin,
      pageOrigins: [...new Set(peer.origins.map((each) => new URL(each).origin))],
      suggested: peer.emailDomains.includes(domain),
      description: peer.description,
    }))
    .sort((a, b) => Number(b.suggested) - Number(a.suggested) || a.name.localeCompare(b.name));
}

function notOffered(): Failure {
  return new Failure('invalid', 'Please pick one of the clouds in the list.');
}

function unknownLink(): Failure {
  return notFound('This invitation link is not valid. Ask the person who invited you for a new one.');
}

function noLongerOpen(share: OutgoingShare): Failure {
  const why: Partial<Record<OutgoingShare['state'], string>> = {
    accepted: 'This invitation has already been accepted.',
    active: 'This invitation has already been accepted.',
    declined: 'This invitation has already been declined.',
    withdrawn: 'This invitation was taken back.',
    revoked: 'This share has ended.',
    left: 'This share has ended.',
  };
  return new Failure('conflict', why[share.state] ?? 'This invitation has expired. Ask for a new one.');
}
