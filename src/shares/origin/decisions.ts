import { Failure, notFound, type Clock, type ItemId } from '../../kernel/index.js';
import type { Database, Queries, Sealer, Transaction } from '../../platform/index.js';
import type { DecisionMessage } from '../agreement/agreement.js';
import { CALLBACK } from './own-offers.js';
import { isOcm } from '../agreement/messages.js';
import type { OriginSteps } from './origin-steps.js';
import type { OutgoingShare } from '../agreement/outgoing-share.js';
import type { OutgoingShares } from '../records/outgoing-shares.js';
import { decide } from '../rules/origin.js';
import type { ShareEvents } from '../records/share-events.js';
import { isEnd, isRecorded } from '../agreement/transitions.js';

/** What the page after the callback says. */
export interface DecisionPage {
  readonly accepted: boolean;
  readonly folderName: string;
  readonly peerId: string | undefined;
}

/** Takes the recipient's decision, from their browser or repeated by their cloud (product.md, steps 5 and 6). */
export class Decisions {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #sealer: Sealer;
  readonly #outgoing: OutgoingShares;
  readonly #origin: OriginSteps;
  readonly #events: ShareEvents;
  readonly #folderName: (q: Queries, folderId: ItemId) => Promise<string | undefined>;

  constructor(inputs: {
    database: Database;
    clock: Clock;
    sealer: Sealer;
    outgoing: OutgoingShares;
    origin: OriginSteps;
    events: ShareEvents;
    folderName: (q: Queries, folderId: ItemId) => Promise<string | undefined>;
  }) {
    this.#database = inputs.database;
    this.#clock = inputs.clock;
    this.#sealer = inputs.sealer;
    this.#outgoing = inputs.outgoing;
    this.#origin = inputs.origin;
    this.#events = inputs.events;
    this.#folderName = inputs.folderName;
  }

  /** The share that a callback path belongs to; `not-found` for any but the newest path of a share. */
  async awaiting(callback: string): Promise<OutgoingShare> {
    const share = await this.#outgoing.byCallback(this.#database.read, this.#sealer.digest(callback, CALLBACK));
    // The secret of a share of Open Cloud Mesh is no callback.
    if (share === undefined || isOcm(share)) throw notFound('This address is not known here.');
    return share;
  }

  /**
   * The page of the first answer when this identical request, whose nonce is spent, was answered before (CBK-03);
   * throws `conflict` once the share has moved past that answer.
   */
  async remembered(share: OutgoingShare, request: string): Promise<DecisionPage | undefined> {
    if (share.decisionDigest === undefined || share.decisionDigest !== this.#requestDigest(request)) return undefined;
    const accepted = share.state !== 'declined';
    if (!isRecorded(share.state, accepted)) throw unfit();
    return this.#page(this.#database.read, share, accepted);
  }

  /** The page of a decision that is equal to the recorded one; undefined for another. Changes nothing. */
  async recall(share: OutgoingShare, decision: DecisionMessage): Promise<DecisionPage | undefined> {
    if (share.shareId !== decision.shareId || !isRecorded(share.state, decision.accepted)) return undefined;
    return this.#page(this.#database.read, share, decision.accepted);
  }

  /**
   * Records a decision whose sender has been authenticated. `not-found` when the path is not this share's, `conflict`
   * when the share does not await it; a repeat gets the first answer.
   */
  async record(callback: string, decision: DecisionMessage, request: string): Promise<DecisionPage> {
    const settled = await this.#database.write((trx) => this.#settle(trx, callback, decision, request));
    if (settled instanceof Failure) throw settled;
    return settled;
  }

  /** Answers the refusal instead of throwing it, because a refused repeat may queue a message that must commit. */
  async #settle(
    trx: Transaction,
    callback: string,
    decision: DecisionMessage,
    request: string,
  ): Promise<DecisionPage | Failure> {
    const share = await this.#outgoing.byCallback(trx, this.#sealer.digest(callback, CALLBACK));
    if (share?.shareId !== decision.shareId || isOcm(share)) return notFound('This address is not known here.');
    const decided = decide(share, decision, {
      requestDigest: this.#requestDigest(request),
      remindedAt: isEnd(share.state) ? await this.#events.remindedAt(trx, share.id) : undefined,
      now: this.#clock.now(),
    });
    if (decided.kind === 'expired') return new Failure('conflict', 'This share has expired.');
    const after = await this.#origin.apply(trx, share, decided.step, share.peerId ?? 'peer');
    return decided.kind === 'unfit' || after === undefined ? unfit() : this.#page(trx, after, decision.accepted);
  }

  async #page(q: Queries, share: OutgoingShare, accepted: boolean): Promise<DecisionPage> {
    const folderName = (await this.#folderName(q, share.folderId)) ?? '';
    return { accepted, folderName, peerId: share.peerId };
  }

  #requestDigest(request: string): string {
    return this.#sealer.digest(request, 'decision');
  }
}

function unfit(): Failure {
  return new Failure('conflict', 'This share is not waiting for an answer.');
}
