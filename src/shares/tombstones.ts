import type { Clock, PeerId } from '../kernel/index.js';
import type { Queries, Transaction } from '../platform/index.js';

/** At most so many per peer; the oldest go first. */
const CAP = 1_000;

/** Names of shares that a peer ended before we ever heard of them, so that late messages get 409 (UNS-02). Bounded. */
export class Tombstones {
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Remembers a name. */
  async add(trx: Transaction, peerId: PeerId, shareId: string): Promise<void> {
    await trx('tombstones')
      .insert({ peer_id: peerId, share_id: shareId, created_at: this.#clock.now() })
      .onConflict(['peer_id', 'share_id'])
      .ignore();
    const beyond = trx('tombstones')
      .where({ peer_id: peerId })
      .orderBy([{ column: 'created_at', order: 'desc' }, 'share_id'])
      .offset(CAP)
      .limit(CAP)
      .select('share_id');
    await trx('tombstones').where({ peer_id: peerId }).whereIn('share_id', beyond).delete();
  }

  /** True when the peer ended this share before. */
  async has(q: Queries, peerId: PeerId, shareId: string): Promise<boolean> {
    return (await q('tombstones').where({ peer_id: peerId, share_id: shareId }).first('share_id')) !== undefined;
  }
}
