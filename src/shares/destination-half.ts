import type { Outbox } from '../deliveries/index.js';
import { removeMount } from '../files/index.js';
import type { Transaction } from '../platform/index.js';
import type { EndReason } from './agreement.js';
import type { IncomingShare } from './incoming-share.js';
import type { IncomingShares } from './incoming-shares.js';
import { incomingLane, UNSHARE, UNSHARE_LIFE } from './messages.js';
import type { IncomingEvent } from './transitions.js';

/** The events that end the destination's half. */
type Ending = Exclude<IncomingEvent, 'accept' | 'mounted'>;

/**
 * What an end of the destination's half always brings with it: token and secret erased, the mount gone, queued
 * messages of the share dropped, and (when it ended here) the origin told.
 */
export class DestinationHalf {
  readonly #incoming: IncomingShares;
  readonly #outbox: Outbox;
  readonly #now: () => number;

  constructor(inputs: { incoming: IncomingShares; outbox: Outbox; now: () => number }) {
    this.#incoming = inputs.incoming;
    this.#outbox = inputs.outbox;
    this.#now = inputs.now;
  }

  /** Ends a share; answers false when the event does not fit its state. */
  async end(
    trx: Transaction,
    share: IncomingShare,
    event: Ending,
    by: { readonly actor: string; readonly reason: EndReason | undefined; readonly note?: string },
  ): Promise<boolean> {
    const patch = { endReason: by.reason, grantSealed: undefined, grantDigest: undefined, problem: undefined };
    const ended = await this.#incoming.advance(trx, share, event, { actor: by.actor, note: by.note ?? '', patch });
    if (ended === undefined) return false;
    await removeMount(trx, share.id);
    await this.#outbox.drop(trx, incomingLane(share.id));
    if (event === 'leave') await this.#tell(trx, ended);
    return true;
  }

  async #tell(trx: Transaction, share: IncomingShare): Promise<void> {
    await this.#outbox.enqueue(trx, {
      kind: UNSHARE,
      peerId: share.peerId,
      lane: incomingLane(share.id),
      payload: { shareId: share.shareId, reason: 'left' },
      expiresAt: this.#now() + UNSHARE_LIFE,
    });
  }
}
