import { hostOf, type Clock, type PeerId } from '../kernel/index.js';
import type { Database, Transaction } from '../platform/index.js';
import { foundColumns, mannerColumns, wholePeers, writeOcm } from './peer/ocm-row.js';
import { summaries, type PeerRow } from './peer/peer-row.js';
import { foundIn, keyNews, type OcmSaid, type ReadKeys } from './peer/ocm-said.js';
import { checkOcm, type OcmFound, type OcmManner, type OcmPlace } from './peer/ocm-terms.js';

/** What is found out of servers of Open Cloud Mesh while messages go to and fro. Nothing of it is an administrator's act. */
export class OcmNotes {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor({ database, clock }: { readonly database: Database; readonly clock: Clock }) {
    this.#database = database;
    this.#clock = clock;
  }

  /**
   * True for the server of a blocked peer: nothing of it is believed, be strangers welcome or not. `host`: as hosts are
   * compared, with its port.
   */
  async isBlocked(host: string): Promise<boolean> {
    const blocked = wholePeers(this.#database.read).whereNotNull('blocked_at').whereNull('removed_at');
    const peers = summaries(await blocked.select<PeerRow[]>('*'));
    // One that was blocked before anybody knew that it speaks Open Cloud Mesh, too.
    return peers.some(({ ocm, origins }) => ocm?.host === host || origins.some((origin) => hostIn(origin) === host));
  }

  /** True when secrets are exchanged for tokens with any unblocked peer. */
  async exchangesAny(): Promise<boolean> {
    const live = this.#database.read('peers').join('peer_ocm', 'peer_ocm.peer_id', 'peers.id');
    const some = live.where({ ocm_exchanges_tokens: true, removed_at: null, blocked_at: null });
    return ((await some.first('id')) as unknown) !== undefined;
  }

  /** Notes that a signature of the peer was verified: from now on it is known to sign. Only the first one counts. */
  async signed(peerId: PeerId): Promise<void> {
    const first = { peer_id: peerId, ocm_signs_since: null };
    const q = this.#database.read;
    if ((await q('peer_ocm').where(first).first('peer_id')) === undefined) return;
    const columns = { ocm_signs_since: this.#clock.now() };
    await this.#database.write(async (trx) => trx('peer_ocm').where(first).update(columns));
  }

  /** Notes what a server said of itself now; `before`: what was found the time before. */
  async said(trx: Transaction, peerId: PeerId, said: OcmSaid, before: OcmFound): Promise<void> {
    const { key, isOther } = keyNews(before.key, said);
    const keyChangedAt = isOther ? this.#clock.now() : before.keyChangedAt;
    const found = foundColumns({ keepsList: said.keepsList, key, keyChangedAt });
    await trx('peer_ocm').where({ peer_id: peerId }).update(found);
  }

  /**
   * Notes which keys the server at a host was seen to publish, whoever had it asked (OCM-01). What is known already is not written
   * again, and of servers that are no peers nothing is.
   */
  async publishes(host: string, keys: ReadKeys): Promise<void> {
    const row = await this.#keysAt(host);
    if (row === undefined) return;
    const { key, isOther } = keyNews(row.ocm_key ?? undefined, keys);
    if (key === (row.ocm_key ?? undefined)) return;
    const news = { ocm_key: key ?? null, ...(isOther && { ocm_key_changed_at: this.#clock.now() }) };
    // Of two that see the same news only one writes them, and never over what is newer.
    const same = { peer_id: row.peer_id, ocm_host: host, ocm_key: row.ocm_key };
    await this.#database.write((trx) => trx('peer_ocm').where(same).update(news));
  }

  async #keysAt(host: string): Promise<{ peer_id: PeerId; ocm_key: string | null } | undefined> {
    const live = wholePeers(this.#database.read).where({ ocm_host: host, removed_at: null, blocked_at: null });
    return live.first<{ peer_id: PeerId; ocm_key: string | null } | undefined>('peer_id', 'ocm_key');
  }

  /**
   * Notes that a peer of CloudSpaces has a server of Open Cloud Mesh beside it, unless that one belongs to another peer. Nothing
   * changes for a peer that is known to speak both.
   */
  async learnt(trx: Transaction, peerId: PeerId, place: OcmPlace, said: OcmSaid): Promise<void> {
    const taken = trx('peer_ocm').where({ peer_id: peerId }).orWhere({ ocm_host: place.host });
    const terms = checkOcm({ ...place, found: foundIn(said) }, place.isPlain);
    if ((await taken.first('peer_id')) !== undefined || terms === undefined) return;
    await writeOcm(trx, peerId, terms);
    await trx('peers').where({ id: peerId }).update({ takes_ocm: true });
  }

  /** Notes how shares have to be written to the peer, as its answer has shown (open-cloud-mesh.md 5). */
  async takes(peerId: PeerId, manner: OcmManner): Promise<void> {
    await this.#database.write(async (trx) => trx('peer_ocm').where({ peer_id: peerId }).update(mannerColumns(manner)));
  }
}

/** The host of an origin, which may have a base path. */
function hostIn(origin: string): string | undefined {
  return hostOf(new URL(origin).origin);
}
