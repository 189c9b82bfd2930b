import type { Transaction } from '../../platform/index.js';
import type { EndReason } from '../agreement/agreement.js';

/** Who ends a share, and why; without a reason the other side has not said it. */
export interface EndedBy<Reason extends EndReason | undefined> {
  readonly actor: string;
  readonly reason: Reason;
  readonly note?: string;
}

/** What a rule wants of a half: `Step` of the rules, of one direction. */
interface HalfStep {
  readonly change?: unknown;
  readonly effects: readonly unknown[];
}

/**
 * Applies steps of the rules to one half of agreements: the change of the row and all effects, in one transaction (G2).
 * Each direction says how its rows change, what its ends are and how its effects are performed.
 */
export abstract class HalfSteps<
  Half,
  Step extends HalfStep,
  Ending,
  Reason extends EndReason | undefined = EndReason | undefined,
> {
  /** By our clock, in ms. */
  protected readonly now: () => number;

  constructor(now: () => number) {
    this.now = now;
  }

  /**
   * Applies a step and answers the changed share; undefined, with nothing done, when the change does not fit any more.
   */
  async apply(trx: Transaction, share: Half, step: Step, actor: string): Promise<Half | undefined> {
    const changed = await this.take(trx, share, step.change, actor);
    if (changed === undefined) return undefined;
    for (const effect of step.effects) await this.perform(trx, changed, effect);
    return changed;
  }

  /** Ends a share; answers false when the event does not fit its state. */
  async end(trx: Transaction, share: Half, event: Ending, by: EndedBy<Reason>): Promise<boolean> {
    const step = this.ending(share, event, { ...by, now: this.now() });
    return (await this.apply(trx, share, step, by.actor)) !== undefined;
  }

  /** Changes the row by compare-and-set; undefined when it does not fit any more. */
  protected abstract take(
    trx: Transaction,
    share: Half,
    change: Step['change'],
    actor: string,
  ): Promise<Half | undefined>;

  /** What the rules want at this end. */
  protected abstract ending(share: Half, event: Ending, by: EndedBy<Reason> & { readonly now: number }): Step;

  protected abstract perform(trx: Transaction, share: Half, effect: Step['effects'][number]): Promise<void>;
}
