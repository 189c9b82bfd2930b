import type { Outbox } from '../../deliveries/index.js';
import { lockTree } from '../../files/index.js';
import type { Grants } from '../../grants/index.js';
import { Failure } from '../../kernel/index.js';
import type { Transaction } from '../../platform/index.js';
import type { EndReason } from '../agreement/agreement.js';
import type { OutgoingShare } from '../agreement/outgoing-share.js';
import { HalfSteps } from '../records/half-steps.js';
import type { OutgoingShares } from '../records/outgoing-shares.js';
import { end, type OutgoingEnding } from '../rules/origin.js';
import type { OriginEffect, OriginStep } from '../rules/step.js';
import type { ShareEvents } from '../records/share-events.js';

/** Applies steps of the origin's rules: the change of the row and all effects, in one transaction (G2). */
export class OriginSteps extends HalfSteps<OutgoingShare, OriginStep, OutgoingEnding, EndReason> {
  readonly #outgoing: OutgoingShares;
  readonly #grants: Grants;
  readonly #outbox: Outbox;
  readonly #events: ShareEvents;

  constructor(inputs: {
    outgoing: OutgoingShares;
    grants: Grants;
    outbox: Outbox;
    events: ShareEvents;
    now: () => number;
  }) {
    super(inputs.now);
    this.#outgoing = inputs.outgoing;
    this.#grants = inputs.grants;
    this.#outbox = inputs.outbox;
    this.#events = inputs.events;
  }

  /** Applies steps one after the other; nothing follows one that does not fit any more. */
  async applyAll(trx: Transaction, share: OutgoingShare, steps: readonly OriginStep[], actor: string): Promise<void> {
    let changed: OutgoingShare | undefined = share;
    for (const step of steps) changed = changed && (await this.apply(trx, changed, step, actor));
  }

  protected override async take(
    trx: Transaction,
    share: OutgoingShare,
    change: OriginStep['change'],
    actor: string,
  ): Promise<OutgoingShare | undefined> {
    return this.#outgoing.take(trx, share, change, actor);
  }

  protected override ending(...[share, event, by]: Parameters<typeof end>): OriginStep {
    return end(share, event, by);
  }

  protected override async perform(trx: Transaction, share: OutgoingShare, effect: OriginEffect): Promise<void> {
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

  /**
   * Waits for a write with this grant that is committing at this moment, so that none commits after the end (AUT-03).
   */
  async #killGrant(trx: Transaction, share: OutgoingShare): Promise<void> {
    await lockTree(trx, share.ownerId);
    await this.#grants.kill(trx, share.id);
  }
}
