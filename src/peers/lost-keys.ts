import { Failure, invalid, notFound, type Clock, type PeerId, type Random } from '../kernel/index.js';
import type { Database, Queries, Sealer } from '../platform/index.js';
import { issuePair } from './peer/consumer-pair.js';
import { checkPair } from './peer/peer-draft.js';
import { PeerEvents } from './peer/peer-events.js';
import { wholePeers } from './peer/ocm-row.js';
import {
  NO_PREVIOUS_PAIR,
  pairsLost,
  peerOf,
  sealPair,
  summaryOf,
  type PairSide,
  type PeerRow,
} from './peer/peer-row.js';
import type { ConsumerPair, Peer, PeerSummary } from './peer/peer.js';

/** A peer whose stored secrets cannot all be read, and which of them. */
export interface KeylessPeer {
  readonly summary: PeerSummary;
  readonly lost: readonly PairSide[];
}

/** What {@link LostKeys} needs. */
export interface LostKeysParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly sealer: Sealer;
}

/** Peers whose sealed secrets are damaged: the rest of their records can be read, and new keys repair them (F-83). */
export class LostKeys {
  readonly #parts: LostKeysParts;
  readonly #events: PeerEvents;

  constructor(parts: LostKeysParts) {
    this.#parts = parts;
    this.#events = new PeerEvents(parts.clock);
  }

  /** The peer, when one of its secrets cannot be read; undefined when all can, or there is no such peer. */
  async of(id: PeerId): Promise<KeylessPeer | undefined> {
    const row = await rowOf(this.#parts.database.read, id);
    const lost = row === undefined ? [] : pairsLost(this.#parts.sealer, row);
    return row === undefined || lost.length === 0 ? undefined : { summary: summaryOf(row), lost };
  }

  /**
   * Replaces pairs that cannot be read: a new one with which the peer signs is issued and answered, to be shown once;
   * ours is `outbound`, as the peer issued it. Throws `not-found`, `conflict` when nothing is lost, `invalid` when ours
   * is lost and not given.
   */
  async renew(
    id: PeerId,
    outbound: ConsumerPair | undefined,
    by: string,
  ): Promise<{ peer: Peer; issued: ConsumerPair | undefined }> {
    const { database, sealer, random, clock } = this.#parts;
    return database.write(async (trx) => {
      const row = await rowOf(trx, id);
      if (row === undefined) throw notFound('There is no such peer.');
      const lost = pairsLost(sealer, row);
      if (lost.length === 0) throw new Failure('conflict', 'All keys of this peer can be read.');
      if (lost.includes('outbound') && outbound === undefined)
        throw invalid('Give the key and the secret it issued to us.');
      const issued = lost.includes('inbound') ? issuePair(random) : undefined;
      const columns: Partial<PeerRow> = {
        ...(outbound && sealPair(sealer, id, 'outbound', checkPair(outbound))),
        ...(issued && sealPair(sealer, id, 'inbound', issued)),
        ...(lost.includes('previous_inbound') ? NO_PREVIOUS_PAIR : {}),
        changed_at: clock.now(),
      };
      await trx('peers').where({ id }).update(columns);
      await this.#events.record(trx, { peerId: id, event: 'changed', actor: by, note: 'keys' });
      return { peer: peerOf(sealer, { ...row, ...columns }), issued };
    });
  }
}

async function rowOf(q: Queries, id: PeerId): Promise<PeerRow | undefined> {
  return wholePeers(q).where({ id, removed_at: null }).first<PeerRow | undefined>('*');
}
