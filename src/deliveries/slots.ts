import type { Breaker, Breakers } from './breaker.js';
import type { Portion } from './claims.js';
import type { DeliveryRow } from './row.js';

/** How many messages may be under way at once (reliability.md PEER-03). */
export interface SlotLimits {
  readonly total: number;
  readonly perPeer: number;
}

/** The peer of messages without one; they share the slots of one peer and have no breaker. */
const NOBODY = '';

interface Holder {
  readonly peer: string;
  readonly task: Promise<void>;
}

/** The attempts under way, and the free slots, in all and for each peer. */
export class Slots {
  readonly #limits: SlotLimits;
  readonly #breakers: Breakers;
  readonly #holders = new Map<number, Holder>();
  /** The number of the turn in which each peer was last given a slot. */
  readonly #served = new Map<string, number>();
  #turn = 0;

  constructor(limits: SlotLimits, breakers: Breakers) {
    this.#limits = limits;
    this.#breakers = breakers;
  }

  /** The messages under way. */
  get ids(): number[] {
    return [...this.#holders.keys()];
  }

  /** How many attempts may begin now, to any peer. */
  get free(): number {
    return this.#limits.total - this.#holders.size;
  }

  /**
   * How many messages to each of `peers` may begin now: peers with nothing under way first, and among equals the one
   * that was served longest ago. Leaves out peers without free slots; changes nothing.
   */
  portions(peers: readonly string[]): Portion[] {
    const taken = this.#taken();
    return peers
      .map((peer) => ({ peer, taken: taken.get(peer) ?? 0, free: this.#freeFor(peer, taken.get(peer) ?? 0) }))
      .filter(({ free }) => free > 0)
      .sort((a, b) => a.taken - b.taken || this.#servedAt(a.peer) - this.#servedAt(b.peer))
      .slice(0, this.#limits.total);
  }

  /** Holds a slot for the attempt that `begin` starts, until that is over. */
  hold(row: DeliveryRow, begin: () => Promise<void>): void {
    const peer = row.peer_id ?? NOBODY;
    if (peer !== NOBODY) this.#breakers.of(peer).allow();
    this.#turn += 1;
    this.#served.set(peer, this.#turn);
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

  #taken(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const { peer } of this.#holders.values()) counts.set(peer, (counts.get(peer) ?? 0) + 1);
    return counts;
  }

  #servedAt(peer: string): number {
    return this.#served.get(peer) ?? 0;
  }

  #freeFor(peer: string, taken: number): number {
    if (peer === NOBODY) return this.#limits.perPeer - taken;
    return freeSlots(this.#breakers.of(peer), taken, this.#limits.perPeer);
  }
}

/** How many messages to a peer may begin now, beside `taken` that are under way. Changes nothing. */
export function freeSlots(breaker: Pick<Breaker, 'vacancies' | 'width'>, taken: number, perPeer: number): number {
  return Math.min(perPeer - taken, breaker.vacancies(), breaker.width() - taken);
}
