import { DAY, notFound, type Clock, type PeerId, type Random } from '../kernel/index.js';
import type { Database, Sealer, Transaction } from '../platform/index.js';
import { issuePair } from './consumer-pair.js';
import { checkPair } from './peer-draft.js';
import { NO_PREVIOUS_PAIR, sealPair } from './peer-row.js';
import type { ConsumerPair, Peer } from './peer.js';
import type { Peers } from './peers.js';

/** What {@link PeerKeys} are made of. */
export interface PeerKeysParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly sealer: Sealer;
  readonly peers: Pick<Peers, 'byId'>;
}

/** How long the pair before the newest still works once the peer has the newest, milliseconds (cloudspaces-interop.md 14). */
const OVERLAP = 7 * DAY;

/** A pair that a peer is to take. */
export interface IssuedKeys {
  readonly pair: ConsumerPair;
  /** It was made just now and has not been told before. */
  readonly isFresh: boolean;
}

/** How the pairs of a peer follow each other without a gap: for a while both of the pairs that we issued prove it. */
export class PeerKeys {
  readonly #parts: PeerKeysParts;

  constructor(parts: PeerKeysParts) {
    this.#parts = parts;
  }

  /**
   * Issues a new pair to a peer; the one that it has keeps working until the new one is used. While that has not
   * happened no further pair is made: the same one is answered again.
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

  /** Puts `next` in the place of the pair that a peer signs with; the present one keeps working until it is used. */
  async replace(trx: Transaction, { id, inbound, previousInbound }: Peer, next: ConsumerPair): Promise<void> {
    if (inbound.key === next.key) return;
    const { sealer, clock } = this.#parts;
    // A newest pair that was never used may never have arrived: the one that works stays, but no longer than it may.
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

  /** The peer has said that it took the pair with this key: the one before it works for `OVERLAP` at most. */
  async taken(id: PeerId, key: string): Promise<void> {
    const until = this.#parts.clock.now() + OVERLAP;
    await this.#parts.database.write((trx) =>
      trx('peers')
        .where({ id, inbound_key: key })
        .whereNotNull('previous_inbound_key')
        .update({ previous_inbound_until: until }),
    );
  }

  /** The peer cannot take a new pair: the one that it has is the only one again. */
  async takeBack(id: PeerId, key: string): Promise<void> {
    await this.#parts.database.write(async (trx) => {
      const { inbound, previousInbound } = await this.#need(trx, id);
      if (inbound.key !== key || previousInbound === undefined) return;
      const columns = { ...sealPair(this.#parts.sealer, id, 'inbound', previousInbound), ...NO_PREVIOUS_PAIR };
      await trx('peers').where({ id }).update(columns);
    });
  }

  /** A request was rightly signed under `key`: the first one under the newest ends the pair before it. */
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
