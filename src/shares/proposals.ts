import {
  displayText,
  Failure,
  foldEmail,
  notFound,
  randomWord,
  type AccountId,
  type Clock,
  type Email,
  type PeerId,
  type Random,
} from '../kernel/index.js';
import { lockTrust, type Peer } from '../peers/index.js';
import type { Database, Queries, Sealer, Transaction } from '../platform/index.js';
import type { DecisionMessage, Offer } from './agreement.js';
import { openOffer, sealOffer, type CarriedOffer } from './carried-offer.js';
import type { DestinationHalf } from './destination-half.js';
import type { IncomingShare } from './incoming-share.js';
import type { IncomingShares } from './incoming-shares.js';
import { resourceKind } from './resource-kind.js';
import { answerOffer, hasRoom, isPendingOver, receiveOffer } from './rules/destination.js';
import type { Tombstones } from './tombstones.js';
import type { ProposalView } from './views.js';

/** What the consent page shows: the proposal, or that the signed-in person must first prove the address. */
export type ProposalForAccount =
  { readonly kind: 'shown'; readonly proposal: ProposalView } | { readonly kind: 'other-address' };

/** What proposals need from the rest of the house. */
export interface ProposalInputs {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly sealer: Sealer;
  readonly incoming: IncomingShares;
  readonly destination: DestinationHalf;
  readonly tombstones: Tombstones;
  /** Re-read inside the caller's transaction (threat model WEB-06). */
  readonly ownsAddress: (q: Queries, accountId: AccountId, folded: string) => Promise<boolean>;
  readonly peerById: (id: PeerId) => Promise<Peer | undefined>;
  /** Where the browser carries the decision, signed afresh. */
  readonly decisionUrl: (peer: Peer, callback: string, decision: DecisionMessage) => URL;
}

/** The destination's side of a proposal: stored, shown to the recipient, answered (product.md 4, 5). */
export class Proposals {
  readonly #in: ProposalInputs;

  constructor(inputs: ProposalInputs) {
    this.#in = inputs;
  }

  /**
   * Stores a proposal whose sender has been authenticated; answers our id for it. The identical proposal again, while
   * pending, is answered alike; anything else under the same name is a `conflict` (cloudspaces-interop.md 3).
   */
  async receive(peer: Peer, offer: Offer): Promise<{ id: string }> {
    const digest = this.#digest(peer.id, offer);
    return this.#in.database.write(async (trx) => {
      if (!(await lockTrust(trx, peer.id))) throw new Failure('unauthenticated', 'Could not authorize request');
      const known = await this.#held(trx, { peerId: peer.id, offer, digest });
      if (known !== undefined) return { id: known.id };
      if (!hasRoom(await this.#in.incoming.pendingFor(trx, foldEmail(offer.recipient), peer.id))) {
        throw new Failure('too-many', 'Too many proposals wait for this recipient.', { retryAfter: 3600 });
      }
      return { id: await this.#store(trx, { peerId: peer.id, offer, digest }) };
    });
  }

  /**
   * Takes a proposal that a browser brought or nobody signed, and stores nothing: the id that it answers holds all of it.
   * What is held under its name already is answered as in {@link receive}.
   */
  async carry(peer: Peer, offer: Offer, { isSigned }: { readonly isSigned: boolean }): Promise<{ id: string }> {
    const digest = this.#digest(peer.id, offer);
    const known = await this.#held(this.#in.database.read, { peerId: peer.id, offer, digest });
    if (known !== undefined) return { id: known.id };
    const carried = { peerId: peer.id, offer, digest, isSigned, arrivedAt: this.#in.clock.now() };
    return { id: sealOffer(this.#in.sealer, carried) };
  }

  /** The very same proposal, if we hold it and nobody has answered; `conflict` when its name has had its day. */
  async #held(q: Queries, { peerId, offer, digest }: Stated): Promise<IncomingShare | undefined> {
    const known = await this.#in.incoming.byShareId(q, peerId, offer.shareId);
    const isBuried = await this.#in.tombstones.has(q, peerId, offer.shareId);
    const received = receiveOffer(known, { digest, isBuried });
    if (received === 'ended') throw new Failure('conflict', 'This share has already ended.');
    if (received === 'used') throw new Failure('conflict', 'This share_id has been used before.');
    return known;
  }

  async #store(trx: Transaction, { peerId, offer, digest }: Stated): Promise<string> {
    const recipientFolded = foldEmail(offer.recipient);
    const id = randomWord(this.#in.random);
    await this.#in.incoming.add(trx, {
      id,
      peerId,
      shareId: offer.shareId,
      resourceUrl: offer.resourceUrl,
      ownerName: displayText(offer.ownerName),
      ownerEmail: displayText(offer.ownerEmail, 254),
      folderName: displayText(offer.folderName),
      permission: offer.permission,
      recipient: offer.recipient,
      recipientFolded,
      callbackSealed: this.#in.sealer.seal(offer.callback, callbackContext(id)),
      digest,
      expiresAt: offer.expiresAt,
    });
    return id;
  }

  /** What this account may see of a proposal. `not-found` for unknown ids; details only for the recipient (WEB-05). */
  async view(accountId: AccountId, id: string): Promise<ProposalForAccount> {
    const carried = openOffer(this.#in.sealer, id);
    return carried === undefined ? this.#viewStored(accountId, id) : this.#viewCarried(accountId, id, carried);
  }

  async #viewStored(accountId: AccountId, id: string): Promise<ProposalForAccount> {
    const q = this.#in.database.read;
    const share = await this.#in.incoming.byId(q, id);
    if (share === undefined) throw unknownProposal();
    if (!(await this.#in.ownsAddress(q, accountId, foldEmail(share.recipient)))) return { kind: 'other-address' };
    const view = await this.#in.incoming.view(q, id);
    const peer = await this.#in.peerById(share.peerId);
    if (view === undefined || peer === undefined) throw unknownProposal();
    const callbackOrigin = new URL(this.callbackOf(share)).origin;
    return { kind: 'shown', proposal: { ...view, digest: share.digest, callbackOrigin, unsigned: peer.allowUnsigned } };
  }

  /** A proposal without a row, or the share that has become of it. */
  async #viewCarried(accountId: AccountId, id: string, carried: CarriedOffer): Promise<ProposalForAccount> {
    const q = this.#in.database.read;
    const peer = await this.#trusted(carried);
    if (!(await this.#in.ownsAddress(q, accountId, foldEmail(carried.offer.recipient))))
      return { kind: 'other-address' };
    const known = await this.#become(q, carried);
    if (known !== undefined) return this.#viewStored(accountId, known.id);
    return { kind: 'shown', proposal: carriedView(id, carried, peer, this.#in.clock.now()) };
  }

  /** The peer of a carried proposal; one that has been blocked since has sent nothing, nor unsigned one that must sign now. */
  async #trusted({ peerId, isSigned }: CarriedOffer): Promise<Peer> {
    const peer = await this.#in.peerById(peerId);
    if (peer === undefined || peer.blocked || !(isSigned || peer.allowUnsigned)) throw unknownProposal();
    return peer;
  }

  /** The share that a carried proposal has become, answered or not; `conflict` when its name is another's. */
  async #become(q: Queries, carried: CarriedOffer): Promise<IncomingShare | undefined> {
    const known = await this.#in.incoming.byShareId(q, carried.peerId, carried.offer.shareId);
    return known?.digest === carried.digest ? known : this.#held(q, carried);
  }

  /**
   * Records the recipient's answer and says where to send their browser. The same answer again goes to the same
   * callback; another one, or one on a changed proposal, is a `conflict`; somebody else is `forbidden`.
   */
  async decide(accountId: AccountId, id: string, digest: string, accepted: boolean): Promise<{ location: URL }> {
    const carried = openOffer(this.#in.sealer, id);
    const peer = carried === undefined ? await this.#peerOf(id) : await this.#trusted(carried);
    return this.#in.database.write(async (trx) => {
      const isTrusted = await lockTrust(trx, peer.id);
      const incomingId = carried === undefined ? id : await this.#settle(trx, accountId, carried);
      const share = await this.#record(trx, accountId, incomingId, digest, accepted);
      if (!isTrusted) throw new Failure('conflict', 'This cloud is no longer trusted here.');
      // A decision that cannot be told, as without keys to sign it, is not recorded either.
      return { location: this.#in.decisionUrl(peer, this.callbackOf(share), { shareId: share.shareId, accepted }) };
    });
  }

  async #peerOf(id: string): Promise<Peer> {
    const proposal = await this.#in.incoming.byId(this.#in.database.read, id);
    const peer = proposal === undefined ? undefined : await this.#in.peerById(proposal.peerId);
    if (peer === undefined) throw unknownProposal();
    return peer;
  }

  /** The row of a carried proposal, made now that its recipient decides. */
  async #settle(trx: Transaction, accountId: AccountId, carried: CarriedOffer): Promise<string> {
    await this.#requireRecipient(trx, accountId, carried.offer.recipient);
    const known = await this.#become(trx, carried);
    if (known !== undefined) return known.id;
    if (isPendingOver(halfOf(carried), this.#in.clock.now())) throw expired();
    return this.#store(trx, carried);
  }

  async #requireRecipient(trx: Transaction, accountId: AccountId, recipient: Email): Promise<void> {
    if (await this.#in.ownsAddress(trx, accountId, foldEmail(recipient))) return;
    throw new Failure('forbidden', 'Only the person who was invited may answer.');
  }

  /** The origin's callback of a share. */
  callbackOf(share: IncomingShare): string {
    return this.#in.sealer.open(share.callbackSealed, callbackContext(share.id));
  }

  async #record(
    trx: Transaction,
    accountId: AccountId,
    id: string,
    digest: string,
    accepted: boolean,
  ): Promise<IncomingShare> {
    const share = await this.#in.incoming.byId(trx, id);
    if (share === undefined) throw unknownProposal();
    await this.#requireRecipient(trx, accountId, share.recipient);
    const now = this.#in.clock.now();
    const answered = answerOffer(share, { accepted, accountId, shown: digest }, now);
    if (answered.kind === 'changed') {
      throw new Failure('conflict', 'The proposal has changed. Please look at it again.');
    }
    if (answered.kind === 'expired') throw expired();
    const decided = await this.#in.destination.apply(trx, share, answered.step, accountId);
    if (decided === undefined) throw new Failure('conflict', 'This proposal has already been answered or has ended.');
    return decided;
  }

  #digest(peerId: PeerId, offer: Offer): string {
    return this.#in.sealer.digest(JSON.stringify([peerId, Object.entries(offer).sort()]), 'proposal');
  }
}

function callbackContext(incomingId: string): string {
  return `incoming_shares.callback:${incomingId}`;
}

/** A proposal and the digest of its content. */
type Stated = Pick<CarriedOffer, 'peerId' | 'offer' | 'digest'>;

/** What the rules look at of a proposal without a row: it waits since it came. */
function halfOf({ arrivedAt, offer }: CarriedOffer) {
  return { state: 'pending', createdAt: arrivedAt, expiresAt: offer.expiresAt } as const;
}

/** A proposal without a row, as the consent page shows it. */
function carriedView(id: string, carried: CarriedOffer, peer: Peer, now: number): ProposalView {
  const { digest, isSigned, arrivedAt } = carried;
  const { resourceUrl, callback, ...claims } = carried.offer;
  const end = isPendingOver(halfOf(carried), now) ? 'expired' : undefined;
  return {
    ...claims,
    ...{ id, digest, unsigned: !isSigned, kind: resourceKind(resourceUrl) },
    ...{ state: end ?? 'pending', endReason: end, endedBy: undefined, mountId: undefined, problem: undefined },
    ...{ peerName: peer.name, peerOrigin: new URL(peer.shareUrl).origin, callbackOrigin: new URL(callback).origin },
    ...{ createdAt: arrivedAt, changedAt: arrivedAt },
  };
}

function expired(): Failure {
  return new Failure('conflict', 'This proposal has expired.');
}

function unknownProposal(): Failure {
  return notFound('This proposal is not known here.');
}
