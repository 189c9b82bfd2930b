import type { Clock, PeerId } from '../../kernel/index.js';
import type { Transaction } from '../../platform/index.js';

/** What can be done to the trust in a peer. */
export type PeerAct =
  | 'added'
  | 'joined'
  | 'changed'
  | 'blocked'
  | 'unblocked'
  | 'removed'
  | 'rotated'
  | 'exported'
  | 'imported'
  | 'retried'
  | 'moved';

/** One act of an administrator. */
export interface PeerEvent {
  readonly peerId: PeerId;
  readonly event: PeerAct;
  /** An account's id, or {@link COMMAND_LINE}. */
  readonly actor: string;
  /** What else is worth knowing; never a secret. */
  readonly note?: string;
}

/** The actor of commands that are run on the machine. */
export const COMMAND_LINE = 'administrator';

/** The log of what administrators did to peers. Written in the transaction of the act; read by `doctor`. */
export class PeerEvents {
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Adds one line with the act that it tells of. */
  async record(trx: Transaction, { peerId, event, actor, note = '' }: PeerEvent): Promise<void> {
    await trx('peer_events').insert({ peer_id: peerId, event, actor, note, at: this.#clock.now() });
  }
}
