import type { Breakers } from './breaker.js';
import type { DeliveryRow } from './row.js';

/** How many messages may be under way at once (reliability.md PEER-03). */
export interface SlotLimits {
  readonly total: number;
  readonly perPeer: number;
}

/** Stands for the peer of messages to nobody; they share the slots of one peer and have no breaker. */
const NOBODY = '';

interface Holder {
  readonly peer: string;
  readonly task: Promise<void>;
}

/** The attempts under way, and the room that is left beside them, in all and towards each peer. */
export class Slots {
  readonly #limits: SlotLimits;
  readonly #breakers: Breakers;
  readonly #holders = new Map<number, Holder>();

  constructor(limits: SlotLimits, breakers: Breakers) {
    this.#limits = limits;
    this.#breakers = breakers;
  }

  /** The messages under way. */
  get ids(): number[] {
    return [...this.#holders.keys()];
  }

  /** Attempts that may begin now, towards whichever peer. */
  get free(): number {
    return this.#limits.total - this.#holders.size;
  }

  /** Peers to which nothing may begin now: their slots are taken or their breaker is open. */
  full(): string[] {
    const busy = [...new Set([...this.#holders.values()].map(({ peer }) => peer))];
    return [...this.#breakers.refusing(), ...busy.filter((peer) => this.#roomFor(peer) <= 0)];
  }

  /** Those of `rows` that fit beside what is under way. Changes nothing. */
  fitting(rows: readonly DeliveryRow[]): DeliveryRow[] {
    const room = new Map<string, number>();
    // A lease that could not be renewed may have brought us a message that we are still sending.
    return rows.filter((row) => {
      if (this.#holders.has(row.id)) return false;
      const peer = row.peer_id ?? NOBODY;
      const left = room.get(peer) ?? this.#roomFor(peer);
      room.set(peer, left - 1);
      return left > 0;
    });
  }

  /** Holds a slot for the attempt that `begin` starts, until that is over. */
  hold(row: DeliveryRow, begin: () => Promise<void>): void {
    const peer = row.peer_id ?? NOBODY;
    if (peer !== NOBODY) this.#breakers.of(peer).allow();
    const task = begin().finally(() => this.#holders.delete(row.id));
    this.#holders.set(row.id, { peer, task });
  }

  /** Resolves when some attempt ends; at once when none is under way. */
  async someEnd(): Promise<void> {
    if (this.#holders.size > 0) await Promise.race(this.#tasks());
  }

  /** Resolves when every attempt has ended, but after `patience` milliseconds at the latest. */
  async allEnd(patience: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise((resolve) => {
      timer = setTimeout(resolve, patience);
    });
    await Promise.race([Promise.all(this.#tasks()), limit]);
    clearTimeout(timer);
  }

  #tasks(): Promise<void>[] {
    return [...this.#holders.values()].map(({ task }) => task);
  }

  #roomFor(peer: string): number {
    const taken = [...this.#holders.values()].filter((holder) => holder.peer === peer).length;
    const free = this.#limits.perPeer - taken;
    return peer === NOBODY ? free : Math.min(free, this.#breakers.of(peer).vacancies());
  }
}
