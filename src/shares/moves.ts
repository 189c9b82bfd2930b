import type { Clock } from '../kernel/index.js';
import type { Transaction } from '../platform/index.js';
import type { ShareEvents } from './share-events.js';

/** What every half of an agreement has. */
interface Half<State> {
  readonly id: string;
  readonly state: State;
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
}

/** Who moves a share, and what changes with its state. */
export interface Move<Patch> {
  readonly actor: string;
  readonly note?: string;
  readonly patch?: Patch;
}

/** Changes rows of shares: by compare-and-set on their revision, their state by the one table of transitions alone (G2). */
export class Moves<Share extends Half<State>, State extends string, Event extends string, Patch extends object> {
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
    const changed = await this.#update(trx, share, { ...by.patch, state });
    if (changed === undefined) return undefined;
    const { actor, note = '' } = by;
    await this.#record(trx, share.id, { event, from: share.state, to: state, actor, note });
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
