import type { Outbox } from '../deliveries/index.js';
import { DAY, MINUTE, type Clock, type Random } from '../kernel/index.js';
import type { Database, Transaction } from '../platform/index.js';
import { changeNote } from './changing.js';
import type { DestinationHalf } from './destination-half.js';
import type { IncomingShare } from './incoming-share.js';
import type { IncomingShares } from './incoming-shares.js';
import { incomingLane, PROBE } from './messages.js';
import type { Notices } from './notices.js';
import type { ProbeFinding } from './probe-finding.js';
import * as destinationRules from './rules/destination.js';
import type { ShareEvents } from './share-events.js';

/** What mounting needs from the rest of the house. */
export interface MountingInputs {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly incoming: IncomingShares;
  readonly destination: DestinationHalf;
  readonly events: ShareEvents;
  readonly notices: Pick<Notices, 'termsLearnt'>;
  readonly outbox: Outbox;
}

/** A share is probed out of turn at most so often, whatever makes us doubt our record of it. */
const DOUBT_INTERVAL = MINUTE;

/** Changes of one share that its recipient is told of in a day. */
const CHANGES_TOLD = 5;

/** The probe's findings and what follows from them: mounted, changed, or over (product.md 7). */
export class Mounting {
  readonly #in: MountingInputs;

  constructor(inputs: MountingInputs) {
    this.#in = inputs;
  }

  /** Takes a finding in the caller's transaction. The share is read again there: it may have ended meanwhile. */
  async found(trx: Transaction, incomingId: string, finding: ProbeFinding): Promise<void> {
    const share = await this.#in.incoming.byId(trx, incomingId);
    if (share === undefined) return;
    const chance = this.#in.random.bytes(4).readUInt32BE() / 0xffff_ffff;
    const step = destinationRules.found(share, finding, { now: this.#in.clock.now(), chance });
    const after = await this.#in.destination.apply(trx, share, step, share.peerId);
    // What is mounted just now has the terms that its letter tells.
    if (after !== undefined && step.change?.event === undefined) await this.#noteTerms(trx, share, after);
  }

  /** The origin refuses the grant for good: our half ends (cloudspaces-interop.md 8, side B). */
  async refused(incomingId: string): Promise<void> {
    await this.#in.database.write((trx) => this.found(trx, incomingId, { kind: 'dead' }));
  }

  /**
   * The origin's answers do not fit the terms that we know: the probe that waits for its day comes now, or a minute
   * after the last one (cloudspaces-interop.md 10.2).
   */
  async doubted(incomingId: string): Promise<void> {
    await this.#in.database.write((trx) =>
      this.#in.outbox.hasten(trx, { lane: incomingLane(incomingId), kind: PROBE, interval: DOUBT_INTERVAL }),
    );
  }

  /** The owner has changed the terms: logged like our own changes, and told to the recipient. */
  async #noteTerms(trx: Transaction, before: IncomingShare, after: IncomingShare): Promise<void> {
    const note = changeNote(before, after);
    if (note === '') return;
    const lately = await this.#in.events.countSince(trx, after.id, 'change', this.#in.clock.now() - DAY);
    await this.#in.events.noteAct(trx, 'incoming', after, { event: 'change', actor: after.peerId, note });
    // A cloud that changes its mind at every question must not fill a mailbox (G9, G10).
    if (lately < CHANGES_TOLD) await this.#in.notices.termsLearnt(trx, after, after);
  }
}
