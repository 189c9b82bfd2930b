import type { Outbox } from '../../deliveries/index.js';
import { DAY, type Clock, type Permission, type Random } from '../../kernel/index.js';
import type { Database, Transaction } from '../../platform/index.js';
import { changeNote } from '../rules/terms.js';
import type { DestinationSteps } from './destination-steps.js';
import type { IncomingShare } from '../agreement/incoming-share.js';
import type { IncomingShares } from '../records/incoming-shares.js';
import { incomingLane, PROBE } from '../agreement/messages.js';
import type { Notices } from '../letters/notices.js';
import type { ProbeFinding } from '../agreement/probe-finding.js';
import * as destinationRules from '../rules/destination.js';
import type { ShareEvents } from '../records/share-events.js';

/** What mounting needs from other rooms. */
export interface MountingInputs {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly incoming: IncomingShares;
  readonly destination: DestinationSteps;
  readonly events: ShareEvents;
  readonly notices: Pick<Notices, 'termsLearnt'>;
  readonly outbox: Outbox;
}

/** Most changes of one share that its recipient is told of in a day. */
const CHANGES_TOLD = 5;

/** Applies the findings of probes: a share is mounted, changed or ended (product.md, step 7). */
export class Mounting {
  readonly #in: MountingInputs;

  constructor(inputs: MountingInputs) {
    this.#in = inputs;
  }

  /**
   * Applies a finding in the caller's transaction. The share is read again there, because it may have ended meanwhile.
   */
  async found(trx: Transaction, incomingId: string, finding: ProbeFinding): Promise<void> {
    const share = await this.#in.incoming.byId(trx, incomingId);
    if (share === undefined) return;
    const chance = this.#in.random.bytes(4).readUInt32BE() / 0xffff_ffff;
    const step = destinationRules.found(share, finding, { now: this.#in.clock.now(), chance });
    const after = await this.#in.destination.apply(trx, share, step, share.peerId);
    // For a share that is mounted just now, the letter about that tells the terms.
    if (after !== undefined && step.change?.event === undefined) await this.#noteTerms(trx, share, after);
  }

  /** To be called when the origin refused the grant to a request: from now on only probes ask it (ruling F-06). */
  async refused(incomingId: string): Promise<void> {
    await this.#in.database.vital(async (trx) => {
      const share = await this.#in.incoming.byId(trx, incomingId);
      if (share === undefined) return;
      const step = destinationRules.refusedInUse(share, this.#in.clock.now());
      await this.#in.destination.apply(trx, share, step, share.peerId);
    });
  }

  /**
   * To be called when the origin's answers do not fit our terms: the next daily probe is sent now, or a minute after
   * the last one (cloudspaces-interop.md 10.2).
   */
  async doubted(incomingId: string): Promise<void> {
    await this.#in.database.write((trx) =>
      this.#in.outbox.hasten(trx, {
        lane: incomingLane(incomingId),
        kind: PROBE,
        interval: destinationRules.DOUBT_INTERVAL,
      }),
    );
  }

  /**
   * Takes what the recipient may do from now on from the server of the share, which has been authenticated; a repeat changes
   * nothing. What its files say of it is asked soon, as after {@link doubted}.
   */
  async permitted(incomingId: string, permission: Permission): Promise<void> {
    await this.#in.database.vital(async (trx) => {
      const share = await this.#in.incoming.byId(trx, incomingId);
      if (share === undefined) return;
      const after = await this.#in.destination.apply(
        trx,
        share,
        destinationRules.hearPermission(share, permission),
        share.peerId,
      );
      if (after !== undefined) await this.#noteTerms(trx, share, after);
    });
    await this.doubted(incomingId);
  }

  /** Logs terms that the owner has changed, like changes of our own, and tells the recipient. */
  async #noteTerms(trx: Transaction, before: IncomingShare, after: IncomingShare): Promise<void> {
    const note = changeNote(before, after);
    if (note === '') return;
    const lately = await this.#in.events.countSince(trx, after.id, 'change', this.#in.clock.now() - DAY);
    await this.#in.events.noteAct(trx, 'incoming', after, { event: 'change', actor: after.peerId, note });
    // A cloud that changes the terms with every answer must not fill a mailbox (G9, G10).
    if (lately < CHANGES_TOLD) await this.#in.notices.termsLearnt(trx, after, after);
  }
}
