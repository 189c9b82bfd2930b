import type { Outbox } from '../deliveries/index.js';
import { addMount, changeMount, removeMount } from '../files/index.js';
import type { Transaction } from '../platform/index.js';
import type { EndReason } from './agreement.js';
import type { IncomingShare } from './incoming-share.js';
import type { IncomingShares } from './incoming-shares.js';
import type { OpenFinding } from './probe-finding.js';
import { end, type IncomingEnding } from './rules/destination.js';
import type { DestinationEffect, DestinationStep } from './rules/step.js';

/** Does what the rules of the destination want: the change of the row and everything that follows, in one transaction. */
export class DestinationHalf {
  readonly #incoming: IncomingShares;
  readonly #outbox: Outbox;
  readonly #now: () => number;

  constructor(inputs: { incoming: IncomingShares; outbox: Outbox; now: () => number }) {
    this.#incoming = inputs.incoming;
    this.#outbox = inputs.outbox;
    this.#now = inputs.now;
  }

  /** The share as it is after the step; undefined, and nothing was done, when its change does not fit any more. */
  async apply(
    trx: Transaction,
    share: IncomingShare,
    step: DestinationStep,
    actor: string,
  ): Promise<IncomingShare | undefined> {
    const changed = await this.#change(trx, share, step.change, actor);
    if (changed === undefined) return undefined;
    for (const effect of step.effects) await this.#perform(trx, changed, effect);
    return changed;
  }

  /** Ends a share; answers false when the event does not fit its state. */
  async end(
    trx: Transaction,
    share: IncomingShare,
    event: IncomingEnding,
    by: { readonly actor: string; readonly reason: EndReason | undefined; readonly note?: string },
  ): Promise<boolean> {
    const step = end(share, event, { ...by, now: this.#now() });
    return (await this.apply(trx, share, step, by.actor)) !== undefined;
  }

  async #change(
    trx: Transaction,
    share: IncomingShare,
    change: DestinationStep['change'],
    actor: string,
  ): Promise<IncomingShare | undefined> {
    if (change === undefined) return share;
    const { event, patch = {}, note = '' } = change;
    if (event === undefined) return this.#incoming.amend(trx, share, patch);
    return this.#incoming.advance(trx, share, event, { actor, note, patch });
  }

  async #perform(trx: Transaction, share: IncomingShare, effect: DestinationEffect): Promise<void> {
    switch (effect.kind) {
      case 'queue':
        return this.#outbox.enqueue(trx, effect.delivery);
      case 'drop':
        return this.#outbox.drop(trx, effect.lane, effect.kinds);
      case 'mount':
        return this.#mount(trx, share, effect.finding);
      case 'change-mount':
        return this.#changeMount(trx, share, effect.finding);
      case 'unmount':
        await removeMount(trx, share.id);
    }
  }

  async #mount(trx: Transaction, share: IncomingShare, finding: OpenFinding): Promise<void> {
    // Whoever accepted a share is named in it.
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
      createdAt: this.#now(),
    });
  }

  async #changeMount(trx: Transaction, share: IncomingShare, finding: OpenFinding): Promise<void> {
    const { permission, expiresAt, keepsDesk } = finding;
    await changeMount(trx, share.id, { permission, expiresAt: expiresAt ?? null, keepsDesk });
  }
}
