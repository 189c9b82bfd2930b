import type { Outbox } from '../deliveries/index.js';
import { lockTree } from '../files/index.js';
import type { Grants } from '../grants/index.js';
import type { Transaction } from '../platform/index.js';
import type { EndReason } from './agreement.js';
import { CREDENTIALS, outgoingLane, UNSHARE, UNSHARE_LIFE } from './messages.js';
import type { OutgoingShare } from './outgoing-share.js';
import type { OutgoingShares } from './outgoing-shares.js';
import type { OutgoingEvent } from './transitions.js';

/** The events that end the origin's half. */
type Ending = Extract<OutgoingEvent, 'end' | 'lapse' | 'expire' | 'refused' | 'left'>;

/**
 * What an end of the origin's half always brings with it, whoever caused it: the grant is dead with the same commit, a
 * credentials delivery on its way is overtaken, and the other cloud will be told (product.md step 9, CNV-02, DLV-03).
 */
export class OriginHalf {
  readonly #outgoing: OutgoingShares;
  readonly #grants: Grants;
  readonly #outbox: Outbox;
  readonly #now: () => number;

  constructor(inputs: { outgoing: OutgoingShares; grants: Grants; outbox: Outbox; now: () => number }) {
    this.#outgoing = inputs.outgoing;
    this.#grants = inputs.grants;
    this.#outbox = inputs.outbox;
    this.#now = inputs.now;
  }

  /** Ends a share; answers false when the event does not fit its state. */
  async end(
    trx: Transaction,
    share: OutgoingShare,
    event: Ending,
    by: { readonly actor: string; readonly reason: EndReason; readonly note?: string },
  ): Promise<boolean> {
    const reason = wordedReason(share, event, by.reason);
    const patch = { endReason: reason };
    const ended = await this.#outgoing.advance(trx, share, event, { actor: by.actor, note: by.note ?? '', patch });
    if (ended === undefined) return false;
    await this.#killGrant(trx, share);
    await this.#outbox.drop(trx, outgoingLane(share.id, share.shareId), [CREDENTIALS]);
    if (event !== 'left') await this.tellEnd(trx, ended, reason);
    return true;
  }

  /** Takes a proposal back from the peer that has it, because another is chosen: the share itself goes on. */
  async withdrawOffer(trx: Transaction, share: OutgoingShare): Promise<void> {
    await this.#killGrant(trx, share);
    await this.#outbox.drop(trx, outgoingLane(share.id, share.shareId), [CREDENTIALS]);
    await this.tellEnd(trx, share, 'withdrawn');
  }

  /** Waits for a write with this grant that is committing right now, so that none commits after the end (AUT-03). */
  async #killGrant(trx: Transaction, share: OutgoingShare): Promise<void> {
    await lockTree(trx, share.ownerId);
    await this.#grants.kill(trx, share.id);
  }

  /** Queues the news of the end for the peer that was offered the share; once at a time. */
  async tellEnd(trx: Transaction, share: OutgoingShare, reason: EndReason): Promise<void> {
    if (share.peerId === undefined) return;
    await this.#outbox.enqueue(trx, {
      kind: UNSHARE,
      peerId: share.peerId,
      lane: outgoingLane(share.id, share.shareId),
      payload: { shareId: share.shareId, reason },
      expiresAt: this.#now() + UNSHARE_LIFE,
      unlessQueued: true,
    });
  }
}

/** Before the recipient's decision an end by the owner's side is a withdrawal, whatever its cause (section 7). */
function wordedReason(share: OutgoingShare, event: Ending, reason: EndReason): EndReason {
  const undecided = share.state === 'created' || share.state === 'sent';
  return event === 'end' && undecided ? 'withdrawn' : reason;
}
