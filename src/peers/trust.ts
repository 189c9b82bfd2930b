import type { PeerId } from '../kernel/index.js';
import type { Queries, Transaction } from '../platform/index.js';

/**
 * True while the peer is neither blocked nor removed. Holds a lock until the commit, so that a block waits for this
 * transaction and then ends what was agreed in it (threat model ADM-03). One transaction per peer at a time: two copies
 * of one message never act at once.
 */
export async function lockTrust(trx: Transaction, peerId: PeerId): Promise<boolean> {
  const trusted = trx('peers').where({ id: peerId, blocked_at: null, removed_at: null });
  return (await trusted.forNoKeyUpdate().first('id')) !== undefined;
}

/** The peers that these servers of Open Cloud Mesh are, by their hosts: blocked and removed ones, and strangers, are not among them. */
export async function trustedServers(q: Queries, hosts: readonly string[]): Promise<ReadonlyMap<string, PeerId>> {
  const trusted = q('peers')
    .join('peer_ocm', 'peer_ocm.peer_id', 'peers.id')
    .where({ blocked_at: null, removed_at: null });
  const rows = await trusted.whereIn('ocm_host', hosts).select<{ id: PeerId; ocm_host: string }[]>('id', 'ocm_host');
  return new Map(rows.map(({ id, ocm_host: host }) => [host, id]));
}
