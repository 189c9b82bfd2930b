import type { Clock, PeerId } from '../../kernel/index.js';
import type { Queries, Transaction } from '../../platform/index.js';
import { shareKeyOf, type ShareName } from '../agreement/agreement.js';

/** Most names per peer; the oldest are dropped first. */
const CAP = 1_000;

/** Names of shares that a peer ended before we had them, so that late messages about them get 409 (UNS-02). Bounded. */
export class Tombstones {
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Remembers a name. */
  async add(trx: Transaction, peerId: PeerId, name: ShareName): Promise<void> {
    await trx('tombstones')
      .insert({ peer_id: peerId, share_id: shareKeyOf(name), created_at: this.#clock.now() })
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
  async has(q: Queries, peerId: PeerId, name: ShareName): Promise<boolean> {
    const buried = q('tombstones')
      .where({ peer_id: peerId })
      .whereIn('share_id', [name.shareId, shareKeyOf(name)]);
    return (await buried.first('share_id')) !== undefined;
  }
}
