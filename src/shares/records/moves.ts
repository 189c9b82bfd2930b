import type { Clock } from '../../kernel/index.js';
import type { Transaction } from '../../platform/index.js';
import type { Moved } from '../agreement/moved.js';
import type { RowChange } from '../rules/step.js';
import type { ShareEvents } from './share-events.js';
import { isEnd, type IncomingState, type OutgoingState } from '../agreement/transitions.js';

/** The columns that both kinds of halves have. */
interface Half<State> {
  readonly id: string;
  readonly state: State;
  /** Who ended it, as in the log. */
  readonly endedBy: string | undefined;
  /** Grows by one with each change. */
  readonly revision: number;
  /** Milliseconds. */
  readonly changedAt: number;
}

/** In what the two kinds of halves differ. */
export interface MovesInputs<Share, State, Event> {
  readonly side: 'outgoing' | 'incoming';
  /** The one table of transitions. */
  readonly next: (state: State, event: Event) => State | undefined;
  readonly columnsOf: (share: Share) => object;
  readonly clock: Clock;
  readonly events: ShareEvents;
  /** Is called with every transition, in its transaction, to queue letters. */
  readonly onMoved: OnMoved<Share, Event>;
}

/** Is called with a transition, in its transaction. */
export type OnMoved<Share, Event> = (trx: Transaction, moved: Moved<Share, Event>) => Promise<void>;

/**
 * Changes rows of shares: by compare-and-set on their revision; the state changes only by the table of transitions
 * (G2).
 */
export class Moves<
  Share extends Half<State>,
  State extends OutgoingState | IncomingState,
  Event extends string,
  Patch extends object,
> {
  readonly #inputs: MovesInputs<Share, State, Event>;

  constructor(inputs: MovesInputs<Share, State, Event>) {
    this.#inputs = inputs;
  }

  /** Logs that a share was made. */
  async begun(trx: Transaction, id: string, to: State, actor: string): Promise<void> {
    await this.#record(trx, id, { event: 'share', from: undefined, to, actor, note: '' });
  }

  /**
   * Applies the change of a rule and answers the share: moved to another state, amended, or unchanged if there is
   * nothing to change.
   */
  async take(
    trx: Transaction,
    share: Share,
    change: RowChange<Event, Patch> | undefined,
    actor: string,
  ): Promise<Share | undefined> {
    if (change === undefined) return share;
    if (change.event === undefined) return this.amend(trx, share, change.patch);
    return this.#advance(trx, share, { ...change, event: change.event }, actor);
  }

  /** Changes other columns than the state; undefined when another change came first. */
  async amend(trx: Transaction, share: Share, patch: Patch | undefined): Promise<Share | undefined> {
    return this.#update(trx, share, patch);
  }

  /**
   * Moves the state; undefined, with nothing changed, when the event does not fit the state or another change came
   * first.
   */
  async #advance(
    trx: Transaction,
    share: Share,
    { event, patch, note = '' }: RowChange<Event, Patch> & { readonly event: Event },
    actor: string,
  ): Promise<Share | undefined> {
    const state = this.#inputs.next(share.state, event);
    if (state === undefined) return undefined;
    const changed = await this.#update(trx, share, { ...patch, ...(isEnd(state) && { endedBy: actor }), state });
    if (changed === undefined) return undefined;
    await this.#record(trx, share.id, { event, from: share.state, to: state, actor, note });
    await this.#inputs.onMoved(trx, { before: share, after: changed, event, actor });
    return changed;
  }

  async #update(trx: Transaction, share: Share, patch: object | undefined): Promise<Share | undefined> {
    const { side, columnsOf, clock } = this.#inputs;
    const { id, revision } = share;
    const changed: Share = { ...share, ...patch, revision: revision + 1, changedAt: clock.now() };
    const count = await trx(`${side}_shares`).where({ id, revision }).update(columnsOf(changed));
    return count === 1 ? changed : undefined;
  }

  async #record(
    trx: Transaction,
    shareRef: string,
    line: { event: string; from: State | undefined; to: State; actor: string; note: string },
  ): Promise<void> {
    await this.#inputs.events.record(trx, { shareRef, side: this.#inputs.side, ...line });
  }
}
