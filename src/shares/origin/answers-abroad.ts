import { Failure, type Clock } from '../../kernel/index.js';
import type { Database, Transaction } from '../../platform/index.js';
import { isEnd } from '../agreement/transitions.js';
import type { OutgoingShares } from '../records/outgoing-shares.js';
import type { ShareEvents } from '../records/share-events.js';
import { hearAnswer } from '../rules/origin.js';
import type { OriginSteps } from './origin-steps.js';

/** What {@link AnswersAbroad} need from other rooms. */
export interface AnswersAbroadInputs {
  readonly database: Database;
  readonly clock: Clock;
  readonly outgoing: Pick<OutgoingShares, 'byId'>;
  readonly origin: Pick<OriginSteps, 'applyAll'>;
  readonly events: Pick<ShareEvents, 'remindedAt'>;
}

/** Takes the answers of recipients that notifications of Open Cloud Mesh tell (open-cloud-mesh.md 6). */
export class AnswersAbroad {
  readonly #in: AnswersAbroadInputs;

  constructor(inputs: AnswersAbroadInputs) {
    this.#in = inputs;
  }

  /**
   * Takes the answer of a recipient whose server has been authenticated, for the offer of this name. A repeat changes nothing;
   * `conflict` when it contradicts what is recorded or comes too late.
   */
  async hear({ id, shareId }: { readonly id: string; readonly shareId: string }, accepted: boolean): Promise<void> {
    const heard = await this.#in.database.vital((trx) => this.#settle(trx, { id, shareId }, accepted));
    if (heard === 'unfit') throw new Failure('conflict', 'This share is not waiting for an answer.');
  }

  /** A refused answer may queue a message that must commit. */
  async #settle(
    trx: Transaction,
    { id, shareId }: { readonly id: string; readonly shareId: string },
    accepted: boolean,
  ): Promise<'recorded' | 'unfit'> {
    const share = await this.#in.outgoing.byId(trx, id);
    if (share?.shareId !== shareId) return 'unfit';
    const remindedAt = isEnd(share.state) ? await this.#in.events.remindedAt(trx, id) : undefined;
    const { kind, steps } = hearAnswer(share, accepted, { remindedAt, now: this.#in.clock.now() });
    await this.#in.origin.applyAll(trx, share, steps, share.peerId ?? 'peer');
    return kind;
  }
}
