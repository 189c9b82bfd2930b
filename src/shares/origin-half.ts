import type { Outbox } from '../deliveries/index.js';
import { lockTree } from '../files/index.js';
import type { Grants } from '../grants/index.js';
import { Failure } from '../kernel/index.js';
import type { Transaction } from '../platform/index.js';
import type { EndReason } from './agreement.js';
import type { OutgoingShare } from './outgoing-share.js';
import type { OutgoingShares } from './outgoing-shares.js';
import { end, type OutgoingEnding } from './rules/origin.js';
import type { OriginEffect, OriginStep } from './rules/step.js';
import type { ShareEvents } from './share-events.js';

/** Does what the rules of the origin want: the change of the row and everything that follows, in one transaction (G2). */
export class OriginHalf {
  readonly #outgoing: OutgoingShares;
  readonly #grants: Grants;
  readonly #outbox: Outbox;
  readonly #events: ShareEvents;
  readonly #now: () => number;

  constructor(inputs: {
    outgoing: OutgoingShares;
    grants: Grants;
    outbox: Outbox;
    events: ShareEvents;
    now: () => number;
  }) {
    this.#outgoing = inputs.outgoing;
    this.#grants = inputs.grants;
    this.#outbox = inputs.outbox;
    this.#events = inputs.events;
    this.#now = inputs.now;
  }

  /** The share as it is after the step; undefined, and nothing was done, when its change does not fit any more. */
  async apply(
    trx: Transaction,
    share: OutgoingShare,
    step: OriginStep,
    actor: string,
  ): Promise<OutgoingShare | undefined> {
    const changed = await this.#change(trx, share, step.change, actor);
    if (changed === undefined) return undefined;
    for (const effect of step.effects) await this.#perform(trx, changed, effect);
    return changed;
  }

  /** Ends a share; answers false when the event does not fit its state. */
  async end(
    trx: Transaction,
    share: OutgoingShare,
    event: OutgoingEnding,
    by: { readonly actor: string; readonly reason: EndReason; readonly note?: string },
  ): Promise<boolean> {
    const step = end(share, event, { ...by, now: this.#now() });
    return (await this.apply(trx, share, step, by.actor)) !== undefined;
  }

  async #change(
    trx: Transaction,
    share: OutgoingShare,
    change: OriginStep['change'],
    actor: string,
  ): Promise<OutgoingShare | undefined> {
    if (change === undefined) return share;
    const { event, patch = {}, note = '' } = change;
    if (event === undefined) return this.#outgoing.amend(trx, share, patch);
    return this.#outgoing.advance(trx, share, event, { actor, note, patch });
  }

  async #perform(trx: Transaction, share: OutgoingShare, effect: OriginEffect): Promise<void> {
    switch (effect.kind) {
      case 'queue':
        return this.#outbox.enqueue(trx, effect.delivery);
      case 'drop':
        return this.#outbox.drop(trx, effect.lane, effect.kinds);
      case 'mint-grant':
        return this.#mintGrant(trx, share);
      case 'kill-grant':
        return this.#killGrant(trx, share);
      case 'log-reminder':
        return this.#events.reminded(trx, share);
    }
  }

  async #mintGrant(trx: Transaction, share: OutgoingShare): Promise<void> {
    if (share.peerId === undefined) throw new Failure('internal', 'A share without a peer cannot be granted.');
    await this.#grants.mint(trx, {
      outgoingId: share.id,
      peerId: share.peerId,
      ownerId: share.ownerId,
      folderId: share.folderId,
      permission: share.permission,
      expiresAt: share.expiresAt,
    });
  }

  /** Waits for a write with this grant that is committing right now, so that none commits after the end (AUT-03). */
  async #killGrant(trx: Transaction, share: OutgoingShare): Promise<void> {
    await lockTree(trx, share.ownerId);
    await this.#grants.kill(trx, share.id);
  }
}
