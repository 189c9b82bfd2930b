import type { Outbox } from '../../deliveries/index.js';
import { addMount, changeMount, markMount, removeMount } from '../../files/index.js';
import type { Transaction } from '../../platform/index.js';
import type { IncomingShare } from '../agreement/incoming-share.js';
import { HalfSteps } from '../records/half-steps.js';
import type { IncomingShares } from '../records/incoming-shares.js';
import type { OpenFinding } from '../agreement/probe-finding.js';
import { end, type IncomingEnding } from '../rules/destination.js';
import type { DestinationEffect, DestinationStep } from '../rules/step.js';

/** Applies steps of the destination's rules: the change of the row and all effects, in one transaction. */
export class DestinationSteps extends HalfSteps<IncomingShare, DestinationStep, IncomingEnding> {
  readonly #incoming: IncomingShares;
  readonly #outbox: Outbox;

  constructor(inputs: { incoming: IncomingShares; outbox: Outbox; now: () => number }) {
    super(inputs.now);
    this.#incoming = inputs.incoming;
    this.#outbox = inputs.outbox;
  }

  protected override async take(
    trx: Transaction,
    share: IncomingShare,
    change: DestinationStep['change'],
    actor: string,
  ): Promise<IncomingShare | undefined> {
    return this.#incoming.take(trx, share, change, actor);
  }

  protected override ending(...[share, event, by]: Parameters<typeof end>): DestinationStep {
    return end(share, event, by);
  }

  protected override async perform(trx: Transaction, share: IncomingShare, effect: DestinationEffect): Promise<void> {
    switch (effect.kind) {
      case 'queue':
        return this.#outbox.enqueue(trx, effect.delivery);
      case 'drop':
        return this.#outbox.drop(trx, effect.lane, effect.kinds);
      case 'hasten':
        return this.#outbox.hasten(trx, { lane: effect.lane, kind: effect.message, interval: effect.interval });
      case 'mount':
        return this.#mount(trx, share, effect.finding);
      case 'change-mount':
        return this.#changeMount(trx, share, effect.finding);
      case 'permit-mount':
        await changeMount(trx, share.id, { permission: effect.permission, now: this.now() });
        return;
      case 'mark-mount':
        return markMount(trx, share.id, { refused: effect.refused, now: this.now() });
      case 'unmount':
        await removeMount(trx, share.id, this.now());
    }
  }

  async #mount(trx: Transaction, share: IncomingShare, finding: OpenFinding): Promise<void> {
    // An accepted share always has an account.
    if (share.accountId === undefined) return;
    await addMount(trx, {
      accountId: share.accountId,
      incomingId: share.id,
      name: share.folderName,
      permission: finding.permission,
      rootKey: finding.rootKey,
      expiresAt: finding.expiresAt,
      keepsDesk: finding.keepsDesk,
      ...(finding.top === undefined ? {} : { top: finding.top }),
      createdAt: this.now(),
    });
  }

  async #changeMount(trx: Transaction, share: IncomingShare, finding: OpenFinding): Promise<void> {
    const { permission, expiresAt, keepsDesk } = finding;
    await changeMount(trx, share.id, { permission, expiresAt: expiresAt ?? null, keepsDesk, now: this.now() });
  }
}
