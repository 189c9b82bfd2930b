import type { AccountId } from '../kernel/index.js';
import { overQuota } from './owner.js';

/** The room of one upload while it is under way. */
export interface Reservation {
  /** Holds room for content of this size, at the latest before its bytes are kept. Throws `quota`. */
  readonly admit: (size: number) => void;
  /** Gives the room back; what was committed counts as used by then. */
  readonly release: () => void;
}

/** What a {@link Reservation} begins with. */
export interface Beginning {
  readonly ownerId: AccountId;
  /** Bytes that may still come in; undefined: no limit. */
  readonly room: number | undefined;
  /** Bytes that the change frees: content that is no larger always fits. */
  readonly freed: number;
}

/**
 * Room held by uploads that are under way, so that parallel ones are refused up front instead of after their last byte
 * (threat model DOS-04). Of this process alone, and forgotten with it: the commit has the last word.
 */
export class Reservations {
  readonly #held = new Map<AccountId, number>();

  /** A reservation of nothing yet. */
  begin({ ownerId, room, freed }: Beginning): Reservation {
    let own = 0;
    const hold = (bytes: number): void => {
      const all = this.#of(ownerId) - own + bytes;
      if (all === 0) this.#held.delete(ownerId);
      else this.#held.set(ownerId, all);
      own = bytes;
    };
    return {
      admit: (size) => {
        const growth = size - freed;
        if (room === undefined || growth <= own) return;
        if (growth > room - (this.#of(ownerId) - own)) throw overQuota();
        hold(growth);
      },
      release: () => {
        hold(0);
      },
    };
  }

  #of(ownerId: AccountId): number {
    return this.#held.get(ownerId) ?? 0;
  }
}
