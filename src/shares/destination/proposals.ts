import {
  keepItemName,
  keepLabel,
  keepName,
  Failure,
  foldEmail,
  notFound,
  randomWord,
  type AccountId,
  type Clock,
  type Email,
  type PeerId,
  type Random,
} from '../../kernel/index.js';
import { lockTrust, type Peer } from '../../peers/index.js';
import type { Database, Queries, Sealer, Transaction } from '../../platform/index.js';
import {
  shareKeyOf,
  type BroughtKey,
  type DecisionMessage,
  type Offer,
  type OfferedResource,
} from '../agreement/agreement.js';
import { openOffer, sealOffer, type CarriedOffer, type CarriedTerms } from '../agreement/carried-offer.js';
import { isOcm } from '../agreement/messages.js';
import type { DestinationSteps } from './destination-steps.js';
import type { IncomingShare } from '../agreement/incoming-share.js';
import type { IncomingShares } from '../records/incoming-shares.js';
import type { Notices } from '../letters/notices.js';
import type { Receiving } from './receiving.js';
import type { OutgoingShares } from '../records/outgoing-shares.js';
import { answerOffer, mayWait, isPendingOver, receiveOffer } from '../rules/destination.js';
import type { Tombstones } from '../records/tombstones.js';
import type { ProposalView } from '../agreement/views.js';

/** What the consent page shows: the proposal, or that the signed-in person must first prove the address. */
export type ProposalForAccount =
  { readonly kind: 'shown'; readonly proposal: ProposalView } | { readonly kind: 'other-address' };

/** What proposals need from other rooms. */
export interface ProposalInputs {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly sealer: Sealer;
  readonly incoming: IncomingShares;
  readonly outgoing: Pick<OutgoingShares, 'byShareId'>;
  readonly destination: DestinationSteps;
  readonly notices: Pick<Notices, 'proposalArrived'>;
  readonly tombstones: Tombstones;
  /** Re-read inside the caller's transaction (threat model WEB-06). */
  readonly ownsAddress: (q: Queries, accountId: AccountId, folded: string) => Promise<boolean>;
  readonly peerById: (id: PeerId) => Promise<Peer | undefined>;
  /** The address to which the browser carries the decision, freshly signed. */
  readonly decisionUrl: (peer: Peer, share: IncomingShare, callback: string, decision: DecisionMessage) => URL;
  /** Seals a key for the row of an incoming share. */
  readonly sealGrant: Receiving['sealed'];
  /** What the address in a proposal of the peer names. */
  readonly readResource: (peer: Peer, resourceUrl: string) => OfferedResource;
}

/**
 * The destination's side of proposals: stores them, shows them to the recipient, records the answer (product.md, steps
 * 4 and 5).
 */
export class Proposals {
  readonly #in: ProposalInputs;

  constructor(inputs: ProposalInputs) {
    this.#in = inputs;
  }

  /**
   * Stores a proposal whose sender has been authenticated; answers our id for it. The identical proposal, sent again
   * while it is pending, gets the same answer; any other under the same name is a `conflict` (cloudspaces-interop.md
   * 3). `brought`: the key that came with it by Open Cloud Mesh.
   */
  async receive(peer: Peer, offer: Offer, brought?: BroughtKey): Promise<{ id: string }> {
    const digest = this.#digest(peer.id, offer, brought);
    return this.#in.database.write(async (trx) => {
      if (!(await lockTrust(trx, peer.id))) throw new Failure('unauthenticated', 'Could not authorize request');
      const known = await this.#held(trx, { peerId: peer.id, offer, digest });
      if (known !== undefined) return { id: known.id };
      if (!mayWait(await this.#in.incoming.pendingFor(trx, foldEmail(offer.recipient), peer.id))) {
        throw new Failure('too-many', 'Too many proposals wait for this recipient.', { retryAfter: 3600 });
      }
      const id = await this.#store(trx, { peerId: peer.id, offer, digest, brought });
      if (brought !== undefined) await this.#arrived(trx, id, brought);
      return { id };
    });
  }

  /**
   * Takes a proposal that came by a browser or unsigned, and stores nothing: the id that it answers contains all of it.
   * A share of the same name is treated as in {@link receive}.
   */
  async carry(peer: Peer, offer: Offer, { isSigned }: { readonly isSigned: boolean }): Promise<{ id: string }> {
    const digest = this.#digest(peer.id, offer);
    const known = await this.#held(this.#in.database.read, { peerId: peer.id, offer, digest });
    if (known !== undefined) return { id: known.id };
    const carried = { peerId: peer.id, offer, digest, isSigned, arrivedAt: this.#in.clock.now() };
    return { id: sealOffer(this.#in.sealer, carried) };
  }

  /**
   * The identical pending proposal, if there is one; throws `conflict` when the name belongs to another proposal, or to
   * one that was answered or has ended.
   */
  async #held(q: Queries, { peerId, offer, digest }: Stated): Promise<IncomingShare | undefined> {
    // An outgoing share with that cloud has this name; messages could not tell the two apart (ruling F-16).
    const own = await this.#in.outgoing.byShareId(q, shareKeyOf(offer));
    if (own?.peerId === peerId) throw new Failure('conflict', 'This share_id is that of a share of ours with you.');
    const known = await this.#in.incoming.byName(q, peerId, offer);
    const isBuried = await this.#in.tombstones.has(q, peerId, offer);
    const received = receiveOffer(known, { digest, isBuried });
    if (received === 'ended') throw new Failure('conflict', 'This share has already ended.');
    if (received === 'used') throw new Failure('conflict', 'This share_id has been used before.');
    return known;
  }

  async #store(
    trx: Transaction,
    { peerId, offer, digest, brought }: Stated & { readonly offer: Offer; readonly brought?: BroughtKey | undefined },
  ): Promise<string> {
    const recipientFolded = foldEmail(offer.recipient);
    const id = randomWord(this.#in.random);
    await this.#in.incoming.add(trx, {
      id,
      peerId,
      shareId: offer.shareId,
      ...(offer.shareKey !== undefined && { shareKey: offer.shareKey }),
      dialect: brought?.dialect,
      kind: offer.kind,
      storageApi: offer.storageApi,
      resourceUrl: offer.resourceUrl,
      ownerName: keepLabel(offer.ownerName, 200),
      ownerEmail: keepName(offer.ownerEmail, 254),
      folderName: keepItemName(offer.folderName),
      permission: offer.permission,
      recipient: offer.recipient,
      recipientFolded,
      recipientAddress: brought?.recipientAddress,
      sender: brought?.sender,
      isUnverified: brought?.isUnverified ?? false,
      isKindOpen: brought?.isKindOpen ?? false,
      grant: brought === undefined ? undefined : this.#in.sealGrant(id, brought.credentials),
      callbackSealed: this.#in.sealer.seal(offer.callback, callbackContext(id)),
      digest,
      expiresAt: offer.expiresAt,
    });
    return id;
  }

  /** No browser brings the recipient here: they are told by mail, but not of what may come from anybody. */
  async #arrived(trx: Transaction, id: string, brought: BroughtKey): Promise<void> {
    const share = await this.#in.incoming.byId(trx, id);
    if (share === undefined) return;
    const { recipientId: accountId, acceptsAlone, isUnverified } = brought;
    if (acceptsAlone) {
      const answered = answerOffer(share, { accepted: true, accountId, shown: share.digest }, this.#in.clock.now());
      if (answered.kind === 'recorded') await this.#in.destination.apply(trx, share, answered.step, accountId);
    } else if (!isUnverified) {
      await this.#in.notices.proposalArrived(trx, share, accountId);
    }
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
    // Its own mark of Open Cloud Mesh, whatever the peer does by another protocol.
    const unsigned = isOcm(share) ? share.isUnverified : peer.allowUnsigned;
    const { digest, sender } = share;
    return { kind: 'shown', proposal: { ...view, digest, sender, isOcm: isOcm(share), callbackOrigin, unsigned } };
  }

  /** Shows a proposal without a row, or the share that was made of it. */
  async #viewCarried(accountId: AccountId, id: string, carried: CarriedOffer): Promise<ProposalForAccount> {
    const q = this.#in.database.read;
    const peer = await this.#trusted(carried);
    if (!(await this.#in.ownsAddress(q, accountId, foldEmail(carried.offer.recipient))))
      return { kind: 'other-address' };
    const known = await this.#become(q, carried);
    if (known !== undefined) return this.#viewStored(accountId, known.id);
    const { kind } = this.#in.readResource(peer, carried.offer.resourceUrl);
    return { kind: 'shown', proposal: carriedView(id, { ...carried, kind }, peer, this.#in.clock.now()) };
  }

  /**
   * The peer of a carried proposal. Throws `not-found` when it was blocked or removed since, or when the proposal is
   * unsigned and the peer now has to sign.
   */
  async #trusted({ peerId, isSigned }: CarriedOffer): Promise<Peer> {
    const peer = await this.#in.peerById(peerId);
    if (peer === undefined || peer.blocked || !(isSigned || peer.allowUnsigned)) throw unknownProposal();
    return peer;
  }

  /** The share that was made of a carried proposal; throws `conflict` when its name belongs to another one. */
  async #become(q: Queries, carried: CarriedOffer): Promise<IncomingShare | undefined> {
    const known = await this.#in.incoming.byName(q, carried.peerId, carried.offer);
    return known?.digest === carried.digest ? known : this.#held(q, carried);
  }

  /**
   * Records the recipient's answer and says where to send their browser. Repeating the answer gives the same callback;
   * another answer, or one on a changed proposal, is a `conflict`; another account is `forbidden`.
   */
  async decide(accountId: AccountId, id: string, digest: string, accepted: boolean): Promise<{ location: URL }> {
    const carried = openOffer(this.#in.sealer, id);
    const peer = carried === undefined ? await this.#peerOf(id) : await this.#trusted(carried);
    return this.#in.database.write(async (trx) => {
      const isTrusted = await lockTrust(trx, peer.id);
      const incomingId = carried === undefined ? id : await this.#settle(trx, accountId, peer, carried);
      const share = await this.#record(trx, accountId, incomingId, digest, accepted);
      if (!isTrusted) throw new Failure('conflict', 'This cloud is no longer trusted here.');
      // A decision that cannot be sent, for example without keys to sign it, is not recorded either.
      return {
        location: this.#in.decisionUrl(peer, share, this.callbackOf(share), { shareId: share.shareId, accepted }),
      };
    });
  }

  async #peerOf(id: string): Promise<Peer> {
    const proposal = await this.#in.incoming.byId(this.#in.database.read, id);
    const peer = proposal === undefined ? undefined : await this.#in.peerById(proposal.peerId);
    if (peer === undefined) throw unknownProposal();
    return peer;
  }

  /** Inserts the row of a carried proposal, now that its recipient decides. */
  async #settle(trx: Transaction, accountId: AccountId, peer: Peer, carried: CarriedOffer): Promise<string> {
    await this.#requireRecipient(trx, accountId, carried.offer.recipient);
    const known = await this.#become(trx, carried);
    if (known !== undefined) return known.id;
    if (isPendingOver(halfOf(carried), this.#in.clock.now())) throw expired();
    const offer = { ...carried.offer, ...this.#in.readResource(peer, carried.offer.resourceUrl) };
    return this.#store(trx, { ...carried, offer });
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

  /**
   * The digest of a proposal: equal for all spellings of its name. Fields that can be read from its address are left
   * out.
   */
  #digest(
    peerId: PeerId,
    { shareKey, kind: _kind, storageApi: _storageApi, ...said }: Offer,
    brought?: BroughtKey,
  ): string {
    const { recipientAddress, sender, credentials } = brought ?? {};
    const meant = {
      ...said,
      shareId: shareKey ?? said.shareId,
      ...(brought !== undefined && { recipientAddress, sender, credentials: Object.entries(credentials ?? {}).sort() }),
    };
    return this.#in.sealer.digest(JSON.stringify([peerId, Object.entries(meant).sort()]), 'proposal');
  }
}

/** The sealing context of the callback of an incoming share. */
export function callbackContext(incomingId: string): string {
  return `incoming_shares.callback:${incomingId}`;
}

/** A proposal and the digest of its content. */
interface Stated extends Pick<CarriedOffer, 'peerId' | 'digest'> {
  readonly offer: CarriedTerms;
}

/** A proposal without a row, as the rules see it: pending since it arrived. */
function halfOf({ arrivedAt, offer }: CarriedOffer) {
  return { state: 'pending', createdAt: arrivedAt, expiresAt: offer.expiresAt } as const;
}

/** A proposal without a row, as the consent page shows it. */
function carriedView(
  id: string,
  carried: CarriedOffer & Pick<OfferedResource, 'kind'>,
  peer: Peer,
  now: number,
): ProposalView {
  const { digest, isSigned, arrivedAt } = carried;
  const { resourceUrl: _resourceUrl, callback, ...claims } = carried.offer;
  const end = isPendingOver(halfOf(carried), now) ? 'expired' : undefined;
  return {
    ...claims,
    id,
    digest,
    sender: undefined,
    isOcm: false,
    unsigned: !isSigned,
    kind: carried.kind,
    isKindOpen: false,
    state: end ?? 'pending',
    endReason: end,
    endedBy: undefined,
    mountId: undefined,
    problem: undefined,
    peerName: peer.name,
    peerOrigin: new URL(peer.shareUrl).origin,
    callbackOrigin: new URL(callback).origin,
    createdAt: arrivedAt,
    changedAt: arrivedAt,
  };
}

function expired(): Failure {
  return new Failure('conflict', 'This proposal has expired.');
}

function unknownProposal(): Failure {
  return notFound('This proposal is not known here.');
}
