import type { PeerId } from '../kernel/index.js';
import type { Transaction } from '../platform/index.js';

/**
 * True while the peer is trusted, neither blocked nor removed. From then on a block waits until this transaction has
 * committed: what is agreed in it is seen by the block, which ends it, or is refused here (threat model ADM-03). One
 * transaction at a time per peer: two copies of one message never act at once.
 */
export async function lockTrust(trx: Transaction, peerId: PeerId): Promise<boolean> {
  const trusted = trx('peers').where({ id: peerId, blocked_at: null, removed_at: null });
  return (await trusted.forNoKeyUpdate().first('id')) !== undefined;
}
