import type { Clock, Fields } from '../../kernel/index.js';
import type { Database, OutboundAnswer, Transaction } from '../../platform/index.js';
import type { Peer } from '../peer/peer.js';
import type { Peers } from '../peers.js';
import { besideShare } from '../probes.js';

/** What {@link OwnAddress} needs. */
export interface OwnAddressParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly peers: Pick<Peers, 'lists'>;
  /** Queues the announcement to a peer in the caller's transaction; it calls {@link OwnAddress.tell} when it is sent. */
  readonly queue: (trx: Transaction, peer: Pick<Peer, 'id'>) => Promise<void>;
  /** A signed POST of a form to the peer. */
  readonly post: (peer: Peer, url: string, fields: Fields) => Promise<OutboundAnswer>;
  /** `https://cloud.example` without a trailing slash. */
  readonly webOrigin: string;
}

/**
 * Tells every peer when this cloud has a new address, in messages that are signed with the keys that the peer knows.
 */
export class OwnAddress {
  readonly #parts: OwnAddressParts;

  constructor(parts: OwnAddressParts) {
    this.#parts = parts;
  }

  /**
   * Queues an announcement to each peer when the address differs from that of the last start; otherwise writes nothing.
   */
  async announceIfMoved(): Promise<void> {
    const { database, webOrigin } = this.#parts;
    if ((await this.#known(database.read)) === webOrigin) return;
    await database.write((trx) => this.#announce(trx));
  }

  /** Tells a peer the present address of this cloud. */
  async tell(peer: Peer): Promise<OutboundAnswer> {
    return this.#parts.post(peer, besideShare(peer, 'ping').href, [['address', this.#parts.webOrigin]]);
  }

  async #announce(trx: Transaction): Promise<void> {
    const { clock, peers, queue, webOrigin } = this.#parts;
    const known = await this.#known(trx);
    if (known === webOrigin) return;
    const row = { id: 1, url: webOrigin, since: clock.now() };
    await trx('own_address').insert(row).onConflict('id').merge();
    // A cloud that starts for the first time has no earlier address.
    if (known === undefined) return;
    const reachable = (await peers.lists.all(trx)).filter(({ blocked, hasKeys }) => !blocked && hasKeys);
    for (const peer of reachable) await queue(trx, peer);
  }

  async #known(q: Transaction | Database['read']): Promise<string | undefined> {
    const row: { url: string } | undefined = await q('own_address').where({ id: 1 }).first('url');
    return row?.url;
  }
}
