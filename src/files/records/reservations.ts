import type { AccountId } from '../../kernel/index.js';
import { refusal } from '../space/refusals.js';

/** The bytes reserved for one upload while it is under way. */
export interface Reservation {
  /** Reserves bytes for content of this size; to be called before its bytes are stored. Throws `quota`. */
  readonly admit: (size: number) => void;
  /** Ends the reservation; committed bytes count as used by then. */
  readonly release: () => void;
}

/** What a {@link Reservation} begins with. */
export interface Beginning {
  readonly ownerId: AccountId;
  /** Bytes that may still come in; undefined: no limit. */
  readonly free: number | undefined;
  /** Bytes that the change frees: content that is no larger than them always fits. */
  readonly freed: number;
}

/**
 * Bytes reserved by the uploads under way, so that parallel ones are refused at the start and not after their last byte
 * (threat model DOS-04). Kept in the memory of this process only: the quota is checked again at the commit.
 */
export class Reservations {
  readonly #held = new Map<AccountId, number>();

  /** Begins a reservation, of no bytes yet. */
  begin({ ownerId, free, freed }: Beginning): Reservation {
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
        if (free === undefined || growth <= own) return;
        if (growth > free - (this.#of(ownerId) - own)) throw refusal('over-quota');
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
