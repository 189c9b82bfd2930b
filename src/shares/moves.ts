import type { Clock } from '../kernel/index.js';
import type { Transaction } from '../platform/index.js';
import type { Moved } from './moved.js';
import type { ShareEvents } from './share-events.js';
import { isEnd, type IncomingState, type OutgoingState } from './transitions.js';

/** What every half of an agreement has. */
interface Half<State> {
  readonly id: string;
  readonly state: State;
  /** Who ended it, as in the log. */
  readonly endedBy: string | undefined;
  /** Counts the changes. */
  readonly revision: number;
  /** Milliseconds. */
  readonly changedAt: number;
}

/** What differs between the two kinds of halves. */
export interface MovesInputs<Share, State, Event> {
  readonly side: 'outgoing' | 'incoming';
  /** The one table of transitions. */
  readonly next: (state: State, event: Event) => State | undefined;
  readonly columnsOf: (share: Share) => object;
  readonly clock: Clock;
  readonly events: ShareEvents;
  /** Hears of every transition, in its transaction: letters are written of them. */
  readonly onMoved: OnMoved<Share, Event>;
}

/** Hears of transitions. */
export type OnMoved<Share, Event> = (trx: Transaction, moved: Moved<Share, Event>) => Promise<void>;

/** Who moves a share, and what changes with its state. */
export interface Move<Patch> {
  readonly actor: string;
  readonly note?: string;
  readonly patch?: Patch;
}

/** Changes rows of shares: by compare-and-set on their revision, their state by the one table of transitions alone (G2). */
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

  /** Notes that a share was made. */
  async begun(trx: Transaction, id: string, to: State, actor: string): Promise<void> {
    await this.#record(trx, id, { event: 'share', from: undefined, to, actor, note: '' });
  }

  /**
   * The share as it is after the event, or undefined when the event does not fit its state or another change was
   * faster: then nothing changed.
   */
  async advance(trx: Transaction, share: Share, event: Event, by: Move<Patch>): Promise<Share | undefined> {
    const state = this.#inputs.next(share.state, event);
    if (state === undefined) return undefined;
    const { actor, note = '' } = by;
    const changed = await this.#update(trx, share, { ...by.patch, ...(isEnd(state) && { endedBy: actor }), state });
    if (changed === undefined) return undefined;
    await this.#record(trx, share.id, { event, from: share.state, to: state, actor, note });
    await this.#inputs.onMoved(trx, { before: share, after: changed, event, actor });
    return changed;
  }

  /** Changes something beside the state; undefined when another change was faster. */
  async amend(trx: Transaction, share: Share, patch: Patch): Promise<Share | undefined> {
    return this.#update(trx, share, patch);
  }

  async #update(trx: Transaction, share: Share, patch: object): Promise<Share | undefined> {
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
