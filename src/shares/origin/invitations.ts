import type { Accounts } from '../../accounts/index.js';
import {
  domainOf,
  Failure,
  HOUR,
  notFound,
  randomWord,
  type AccountId,
  type Clock,
  type ItemId,
  type Random,
} from '../../kernel/index.js';
import { lockTrust, ocmUrl, takesProposals, type DialectName, type Peer, type PeerSummary } from '../../peers/index.js';
import type { Database, Limiter, ListPage, PageWish, Queries, Sealer, Transaction } from '../../platform/index.js';
import type { OfferAnswer, OwnOffer, Passage, Unmet } from '../agreement/agreement.js';
import type { OriginSteps } from './origin-steps.js';
import type { OutgoingShare } from '../agreement/outgoing-share.js';
import type { OutgoingShares } from '../records/outgoing-shares.js';
import { meshAddresses, meshWay } from './mesh-addresses.js';
import type { OwnOffers } from './own-offers.js';
import { choose, isChoosable, offerAnswered, offerFailed, type OcmWay } from '../rules/origin.js';
import type { InvitationView, OfferedPeer, WishedCloud } from '../agreement/views.js';

/** What the selection page needs from other rooms. */
export interface InvitationInputs {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly sealer: Sealer;
  readonly limiter: Limiter;
  readonly outgoing: OutgoingShares;
  readonly origin: OriginSteps;
  readonly ownOffers: OwnOffers;
  readonly accounts: Pick<Accounts, 'byId'>;
  /** The peers that an invitee may pick. */
  readonly peers: {
    /** One page by name. */
    page(wish: PageWish): Promise<ListPage<PeerSummary>>;
    /** One of them, without its keys. */
    summary(id: string): Promise<PeerSummary | undefined>;
    /** A few peers whose people have addresses in a domain. */
    fitting(domain: string): Promise<readonly PeerSummary[]>;
    /** One of them, with its keys. */
    offered(id: string): Promise<Peer | undefined>;
  };
  readonly folderName: (q: Queries, folderId: ItemId) => Promise<string | undefined>;
  /** The cloud that the invitee last named as missing. */
  readonly wished: (q: Queries, outgoingId: string) => Promise<WishedCloud | undefined>;
  /** Presents a proposal to a peer and waits for the answer, while the person waits. */
  readonly present: (peer: Peer, offer: OwnOffer, dialect: DialectName | undefined) => Promise<OfferAnswer>;
  /** Reads what somebody types as their address at a server of Open Cloud Mesh, who may know the owner. Throws `invalid`. */
  readonly addressAt: (ownerId: AccountId, peer: Peer, typed: string) => Promise<string>;
  /**
   * Finds the server of Open Cloud Mesh of somebody who types their whole address; undefined where strangers are not welcome.
   * Throws `invalid` and `too-many`.
   */
  readonly reach: ((share: OutgoingShare, typed: string) => Promise<{ peer: Peer; address: string }>) | undefined;
  /** `https://cloud.example` without a trailing slash. */
  readonly webOrigin: string;
}

/** The page that is shown by default. */
const FIRST_PEERS: PageWish = { limit: 50 };

/**
 * Most proposals that one invitation may cause: each is a call to another cloud, and anybody may have the link (G10).
 */
const CHOICES = { acts: 20, per: HOUR };

/**
 * Invitation links: opening one changes nothing, choosing a cloud presents the proposal there (product.md, steps 2 and
 * 3).
 */
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
    return `${this.#in.webOrigin}/invitations/${token}`;
  }

  /**
   * The share of a link while a cloud can be chosen for it. Throws `not-found` for unknown links, `conflict` when it is
   * too late.
   */
  async awaiting(q: Queries, token: string): Promise<OutgoingShare> {
    const share = await this.#find(q, token);
    if (!isChoosable(share, this.#in.clock.now())) throw noLongerOpen(share);
    return share;
  }

  /**
   * What the holder of a link may see. `not-found` for unknown tokens. Changes nothing. `wish`: which page of the clouds on
   * offer; `last`: one that the holder is likely to want again.
   */
  async view(token: string, wish: PageWish = FIRST_PEERS, last?: string): Promise<InvitationView> {
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
      peers: await this.#offeredTo(share, wish, last),
      wishedCloud: await this.#in.wished(q, share.id),
      takesAddresses: this.#in.reach !== undefined,
      chosenPeerId: share.state === 'sent' ? share.peerId : undefined,
    };
  }

  /** One cloud on offer behind a link; undefined when it is not. `not-found` for unknown tokens. */
  async offered(token: string, peerId: string): Promise<OfferedPeer | undefined> {
    const share = await this.#find(this.#in.database.read, token);
    const peer = await this.#in.peers.summary(peerId);
    return peer === undefined ? undefined : offeredPeer(share, peer);
  }

  /** The first page begins with likely peers: the present choice, those that fit the address, the last choice. */
  async #offeredTo(share: OutgoingShare, wish: PageWish, last: string | undefined): Promise<ListPage<OfferedPeer>> {
    const page = await this.#in.peers.page(wish);
    if (wish.from !== undefined) return { ...page, items: page.items.map((peer) => offeredPeer(share, peer)) };
    const chosen = share.state === 'sent' ? share.peerId : undefined;
    const named = await Promise.all([chosen, last].map(async (id) => id && this.#in.peers.summary(id)));
    const fitting = await this.#in.peers.fitting(domainOf(share.recipient));
    const likely = [...fitting, ...named.flatMap((peer) => peer || [])];
    const peers = new Map([...likely, ...page.items].map((peer) => [peer.id, offeredPeer(share, peer)]));
    return { ...page, items: [...peers.values()] };
  }

  /**
   * The invitee picks a cloud. Records the choice, presents the proposal, answers how the browser gets there; or that the cloud
   * took nothing, because it takes shares of contacts alone.
   * `conflict` when the share no longer waits for a choice, `invalid` for a cloud that is not on offer,
   * `peer-failed` when the cloud did not take it: then the invitee may try again or pick another; `too-many` after
   * twenty choices in an hour. `address`: who the invitee is there, where the cloud asks for it; `invalid` for one that
   * is none there.
   */
  async choose(token: string, peerId: string, address = ''): Promise<Passage | Unmet> {
    const peer = await this.#in.peers.offered(peerId);
    if (peer === undefined) throw notOffered();
    if (peer.ocm === undefined || takesProposals(summaryOf(peer))) return this.#present(token, peer, undefined);
    const { ownerId } = await this.awaiting(this.#in.database.read, token);
    const recipientAddress = await this.#in.addressAt(ownerId, peer, address);
    return this.#present(token, peer, meshWay(peer.ocm, recipientAddress, false));
  }

  /**
   * The invitee types their whole address at a cloud that need not be in the list. Goes on as {@link choose}; answers the cloud
   * too. Throws as that does; `invalid` where strangers are not welcome, and for addresses where nobody can be told.
   */
  async chooseByAddress(token: string, typed: string): Promise<{ peer: OfferedPeer; passage: Passage | Unmet }> {
    const share = await this.awaiting(this.#in.database.read, token);
    if (this.#in.reach === undefined) throw notOffered();
    const { peer, address } = await this.#in.reach(share, typed);
    if (peer.ocm === undefined) throw notOffered();
    if (takesProposals(summaryOf(peer))) throw new Failure('invalid', `${peer.name} is in the list: choose it there.`);
    const passage = await this.#present(token, peer, meshWay(peer.ocm, address, false));
    return { peer: offeredPeer(share, summaryOf(peer)), passage };
  }

  async #present(token: string, peer: Peer, way: OcmWay | undefined): Promise<Passage | Unmet> {
    const chosen = await this.#in.database.write((trx) => this.#recordChoice(trx, token, peer, way));
    const answer = await this.#in.present(peer, chosen.offer, chosen.share.dialect);
    if (answer.kind === 'page' || answer.kind === 'form') return answer;
    if (answer.kind === 'waiting-there') {
      await this.#in.database.write((trx) => this.#waitsThere(trx, chosen.share, answer));
      return answer;
    }
    await this.#in.database.write((trx) => this.#offerFailed(trx, chosen, answer));
    if (answer.kind === 'refused' && answer.mustMeet === true) return { kind: 'unmet', why: answer.note };
    throw new Failure(
      'peer-failed',
      `${peer.name} did not take the invitation. ${way === undefined ? '' : 'Check your address there. '}Try again in a moment or pick another cloud.`,
      { detail: answer.note },
    );
  }

  async #waitsThere(trx: Transaction, { id, shareId }: OutgoingShare, answer: Passage): Promise<void> {
    const share = await this.#in.outgoing.byId(trx, id);
    if (share !== undefined) await this.#in.origin.apply(trx, share, offerAnswered(share, shareId, answer), 'peer');
  }

  async #recordChoice(
    trx: Transaction,
    token: string,
    peer: Peer,
    way: OcmWay | undefined,
  ): Promise<Presented & { offer: OwnOffer }> {
    if (!(await lockTrust(trx, peer.id))) throw notOffered();
    const share = await this.#find(trx, token);
    const there = way === undefined ? peer : (meshAddresses(peer) ?? peer);
    const choice = choose(share, there, {
      fresh: this.#in.ownOffers.freshNames(share),
      now: this.#in.clock.now(),
      way,
    });
    if (choice.kind === 'not-open') throw noLongerOpen(share);
    await this.#in.limiter.spend(`choose:${share.id}`, CHOICES, trx);
    const sent = await this.#in.origin.apply(trx, share, choice.step, 'holder of the link');
    if (sent === undefined) throw noLongerOpen(share);
    const offer = await this.#in.ownOffers.of(trx, sent);
    if (offer === undefined) throw unknownLink();
    return { share: sent, again: choice.again, offer };
  }

  async #offerFailed(trx: Transaction, tried: Presented, answer: Exclude<OfferAnswer, Passage>): Promise<void> {
    const share = await this.#in.outgoing.byId(trx, tried.share.id);
    if (share === undefined) return;
    const burnt = answer.kind === 'refused' && answer.status === 409;
    const attempt = { revision: tried.share.revision, burnt, again: tried.again, note: answer.note };
    const step = offerFailed(share, attempt, {
      fresh: this.#in.ownOffers.freshNames(share),
      now: this.#in.clock.now(),
    });
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

/** A share to be presented to a peer, for the first time or again. */
interface Presented {
  readonly share: OutgoingShare;
  readonly again: boolean;
}

/** A cloud that takes no proposals of CloudSpaces from us is told by Open Cloud Mesh, to an address there. */
function asksWho(peer: PeerSummary): boolean {
  return peer.ocm !== undefined && !takesProposals(peer);
}

function summaryOf(peer: Peer): PeerSummary {
  return { ...peer, hasKeys: peer.outbound !== undefined };
}

/** Who is asked for an address, and where: the address of the letter, if it may be one there. */
function askedOf({ recipient }: OutgoingShare, peer: PeerSummary): OfferedPeer['asks'] {
  if (peer.ocm === undefined || !asksWho(peer)) return undefined;
  const { host } = peer.ocm;
  return { host, likely: domainOf(recipient) === host ? recipient : '' };
}

function offeredPeer(share: OutgoingShare, peer: PeerSummary): OfferedPeer {
  const asks = askedOf(share, peer);
  return {
    id: peer.id,
    name: peer.name,
    asks,
    origin: peer.ocm !== undefined && asks !== undefined ? ocmUrl(peer.ocm) : new URL(peer.shareUrl).origin,
    pageOrigins: [...new Set(peer.origins.map((each) => new URL(each).origin))],
    suggested: peer.emailDomains.includes(domainOf(share.recipient)),
    description: peer.description,
  };
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
