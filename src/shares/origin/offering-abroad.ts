import type { Account } from '../../accounts/index.js';
import type { Item } from '../../files/index.js';
import { Failure, type Clock, type Email, type PeerId } from '../../kernel/index.js';
import { lockTrust, type Peer } from '../../peers/index.js';
import type { Queries, Transaction } from '../../platform/index.js';
import type { OutgoingShare } from '../agreement/outgoing-share.js';
import type { OutgoingShares } from '../records/outgoing-shares.js';
import { choose, isChoosable } from '../rules/origin.js';
import { meshAddresses, meshWay } from './mesh-addresses.js';
import type { OriginSteps } from './origin-steps.js';
import type { Inviting, OfferTerms } from './inviting.js';
import type { OwnOffers } from './own-offers.js';

/** Somebody at a server of Open Cloud Mesh, by address. */
export interface ServerRecipient {
  /** The peer that the server is. */
  readonly peerId: PeerId;
  /** The address as it is sent: of a contact the text that was given. */
  readonly address: string;
  /** The address as it is shown and compared: clean. */
  readonly clean: string;
}

/** What {@link OfferingAbroad} needs. */
export interface OfferingAbroadInputs {
  readonly clock: Clock;
  readonly peerById: (id: PeerId, q: Queries) => Promise<Peer | undefined>;
  /** The unblocked peer that is a server of Open Cloud Mesh. */
  readonly peerAt: (host: string, q: Queries) => Promise<Peer | undefined>;
  readonly outgoing: Pick<OutgoingShares, 'byId'>;
  readonly inviting: Pick<Inviting, 'add'>;
  readonly ownOffers: OwnOffers;
  readonly origin: OriginSteps;
}

/** Offers folders by address to people at servers of Open Cloud Mesh: no mail is sent, and nobody chooses a cloud. */
export class OfferingAbroad {
  readonly #in: OfferingAbroadInputs;

  constructor(inputs: OfferingAbroadInputs) {
    this.#in = inputs;
  }

  /**
   * Makes a share and queues its offer. `invalid` for a peer that is no server of Open Cloud Mesh, or that is not trusted any
   * more.
   */
  async offer(
    trx: Transaction,
    owner: Account,
    folder: Pick<Item, 'id' | 'name'>,
    recipient: ServerRecipient,
    terms: OfferTerms,
  ): Promise<OutgoingShare> {
    // An address of Open Cloud Mesh has the form of an e-mail address.
    const share = await this.#in.inviting.add(trx, owner, folder, { email: recipient.clean as Email, ...terms });
    return this.offerAgain(trx, share, recipient, owner.id);
  }

  /** Queues the offer of a share that its recipient's server did not take before. Throws as {@link offer} does. */
  async offerAgain(
    trx: Transaction,
    share: OutgoingShare,
    { peerId, address }: Omit<ServerRecipient, 'clean'>,
    actor: string,
  ): Promise<OutgoingShare> {
    const peer = (await lockTrust(trx, peerId)) ? await this.#in.peerById(peerId, trx) : undefined;
    const there = peer === undefined ? undefined : meshAddresses(peer);
    if (peer?.ocm === undefined || there === undefined) throw notThere();
    const way = meshWay(peer.ocm, address, true);
    const fresh = this.#in.ownOffers.freshNames(share);
    const chosen = choose(share, there, { fresh, now: this.#in.clock.now(), way });
    const sent = chosen.kind === 'not-open' ? undefined : await this.#in.origin.apply(trx, share, chosen.step, actor);
    if (sent === undefined) throw new Failure('conflict', 'This share is changing. Please try again.');
    return sent;
  }

  /** True while a share waits for its invitee to choose a cloud, or for their answer. */
  async isOpen(q: Queries, outgoingId: string): Promise<boolean> {
    return this.#canBeOffered(await this.#in.outgoing.byId(q, outgoingId));
  }

  /**
   * Queues the offer of a share to its invitee, whom its owner has met at their server meanwhile. `address`: exactly as it was
   * given then. Answers false when the share is not open any more, and nothing happens. `forbidden` for a server that is no peer.
   */
  async offerToMet(
    trx: Transaction,
    outgoingId: string,
    { host, address }: { readonly host: string; readonly address: string },
  ): Promise<boolean> {
    const share = await this.#in.outgoing.byId(trx, outgoingId);
    if (share === undefined || !this.#canBeOffered(share)) return false;
    const peer = await this.#in.peerAt(host, trx);
    if (peer === undefined) throw new Failure('forbidden', NOT_SHARED);
    await this.offerAgain(trx, share, { peerId: peer.id, address }, 'holder of the link');
    return true;
  }

  #canBeOffered(share: OutgoingShare | undefined): boolean {
    return share !== undefined && isChoosable(share, this.#in.clock.now());
  }
}

function notThere(): Failure {
  return new Failure('invalid', NOT_SHARED);
}

const NOT_SHARED = 'This cloud does not share with that server.';
