import { DAY, notFound, type Clock, type PeerId, type Random } from '../kernel/index.js';
import type { Database, Sealer, Transaction } from '../platform/index.js';
import { issuePair } from './peer/consumer-pair.js';
import { checkPair } from './peer/peer-draft.js';
import { NO_PREVIOUS_PAIR, sealPair } from './peer/peer-row.js';
import type { ConsumerPair, Peer } from './peer/peer.js';
import type { Peers } from './peers.js';

/** What {@link PeerKeys} needs. */
export interface PeerKeysParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly sealer: Sealer;
  readonly peers: Pick<Peers, 'byId'>;
}

/** How long the pair before the newest still works once the peer has the newest, milliseconds (cloudspaces-interop.md 14). */
const OVERLAP = 7 * DAY;

/** A pair that a peer has to start using. */
export interface IssuedKeys {
  readonly pair: ConsumerPair;
  /** True when it was made just now and was not sent before. */
  readonly isFresh: boolean;
}

/** Replaces the pairs of a peer without an interruption: for a while both the old and the new pair prove the peer. */
export class PeerKeys {
  readonly #parts: PeerKeysParts;

  constructor(parts: PeerKeysParts) {
    this.#parts = parts;
  }

  /**
   * Issues a new pair to a peer; the old one keeps working until the new one is used. Until then no further pair is
   * made: the same one is answered again.
   */
  async issue(id: PeerId): Promise<IssuedKeys> {
    return this.#parts.database.write(async (trx) => {
      const peer = await this.#need(trx, id);
      if (peer.previousInbound !== undefined) return { pair: peer.inbound, isFresh: false };
      const pair = issuePair(this.#parts.random);
      await this.replace(trx, peer, pair);
      return { pair, isFresh: true };
    });
  }

  /** Replaces the pair that a peer signs with by `next`; the old one keeps working until `next` is used. */
  async replace(trx: Transaction, { id, inbound, previousInbound }: Peer, next: ConsumerPair): Promise<void> {
    if (inbound.key === next.key) return;
    const { sealer, clock } = this.#parts;
    // A newest pair that was never used may not have arrived: then the pair before it is in use, and it stays, unless
    // its time is over.
    const isOver = (previousInbound?.until ?? Infinity) <= clock.now();
    const working = previousInbound === undefined || isOver ? { ...inbound, until: undefined } : previousInbound;
    const columns = {
      ...sealPair(sealer, id, 'inbound', checkPair(next)),
      ...sealPair(sealer, id, 'previous_inbound', working),
      previous_inbound_until: working.until ?? null,
    };
    await trx('peers').where({ id }).update(columns);
  }

  /** Records the pair with which we sign to a peer from now on. */
  async sign(trx: Transaction, id: PeerId, pair: ConsumerPair): Promise<void> {
    await trx('peers')
      .where({ id, removed_at: null })
      .update(sealPair(this.#parts.sealer, id, 'outbound', checkPair(pair)));
  }

  /** To be called when the peer has confirmed the pair with this key: the one before it works for at most `OVERLAP`. */
  async taken(id: PeerId, key: string): Promise<void> {
    const until = this.#parts.clock.now() + OVERLAP;
    await this.#parts.database.write((trx) =>
      trx('peers')
        .where({ id, inbound_key: key })
        .whereNotNull('previous_inbound_key')
        .update({ previous_inbound_until: until }),
    );
  }

  /** To be called when the peer does not accept a new pair: only the old one counts again. */
  async takeBack(id: PeerId, key: string): Promise<void> {
    await this.#parts.database.write(async (trx) => {
      const { inbound, previousInbound } = await this.#need(trx, id);
      if (inbound.key !== key || previousInbound === undefined) return;
      const columns = { ...sealPair(this.#parts.sealer, id, 'inbound', previousInbound), ...NO_PREVIOUS_PAIR };
      await trx('peers').where({ id }).update(columns);
    });
  }

  /**
   * To be called when a request was verified under `key`: the first one under the newest pair ends the pair before it.
   */
  async used({ id, inbound, previousInbound }: Peer, key: string): Promise<void> {
    if (previousInbound === undefined || key !== inbound.key) return;
    await this.#parts.database.write((trx) => trx('peers').where({ id, inbound_key: key }).update(NO_PREVIOUS_PAIR));
  }

  /** Erases earlier pairs whose time is up. */
  async sweep(): Promise<void> {
    const { database, clock } = this.#parts;
    await database.write((trx) =>
      trx('peers').where('previous_inbound_until', '<=', clock.now()).update(NO_PREVIOUS_PAIR),
    );
  }

  async #need(trx: Transaction, id: PeerId): Promise<Peer> {
    const peer = await this.#parts.peers.byId(id, trx);
    if (peer === undefined) throw notFound('There is no such peer.');
    return peer;
  }
}
