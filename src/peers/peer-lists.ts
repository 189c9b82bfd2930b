import { withoutTrailing, type PeerId } from '../kernel/index.js';
import {
  countSome,
  cutPage,
  pageOf,
  placeholders,
  readRows,
  type Database,
  type ListOrder,
  type ListPage,
  type PageWish,
  type Queries,
} from '../platform/index.js';
import { abilitiesOfPeer } from './peer/peer-abilities.js';
import type { PeerSummary } from './peer/peer.js';
import { wholePeers } from './peer/ocm-row.js';
import { summaries, summaryOf, type PeerRow } from './peer/peer-row.js';

/** How many there are, counted like {@link countSome}. */
export interface PeerCounts {
  readonly all: number;
  readonly blocked: number;
  /** With a setting that is insecure. */
  readonly insecure: number;
}

/** The same words as in schema step 0074, with {@link live} before them. */
const OFFERED = 'blocked_at is null and (outbound_key is not null or allow_unsigned or takes_ocm)';

/** Most clouds that are suggested for one e-mail domain. */
const MOST_FITTING = 10;

const BY_NAME: ListOrder = { at: 'name', id: 'id', direction: 'asc' };

/**
 * Lists of peers. They open no secrets, and a row that cannot be read does not affect the others. The conditions have
 * the same words as in schema step 0038: otherwise its indexes are not used.
 */
export class PeerLists {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** One page by name, blocked ones too. */
  async page(wish: PageWish): Promise<ListPage<PeerSummary>> {
    const rows = (await cutPage(whole(this.#database.read), BY_NAME, wish).select('*')) as PeerRow[];
    return pageOf(
      readRows(rows, ({ name: at, id }) => ({ at, id }), summaryOf),
      wish,
    );
  }

  /** One peer; undefined when there is none, or its row is damaged. */
  async one(id: PeerId): Promise<PeerSummary | undefined> {
    return summaries(await whole(this.#database.read).where({ id }).select('*'))[0];
  }

  /** All that can be read, by name. */
  async all(q: Queries = this.#database.read): Promise<PeerSummary[]> {
    return summaries(await whole(q).orderBy(['name', 'id']).select('*'));
  }

  /** One page by name of those that an invitee may pick: unblocked, and able to take a proposal from us. */
  async offered(dialects: readonly string[], wish: PageWish): Promise<ListPage<PeerSummary>> {
    const offered = pickable(this.#database.read, dialects);
    const rows = (await cutPage(offered, BY_NAME, wish).select('*')) as PeerRow[];
    return pageOf(
      readRows(rows, ({ name: at, id }) => ({ at, id }), summaryOf),
      wish,
    );
  }

  /** One of those that an invitee may pick; no secret of it is opened. */
  async offeredOne(id: PeerId, dialects: readonly string[]): Promise<PeerSummary | undefined> {
    const peer = pickable(this.#database.read, dialects).where({ id });
    return summaries(await peer.select('*'))[0];
  }

  /** The first few of those whose people have addresses in this domain, by name. */
  async offeredFor(domain: string, dialects: readonly string[]): Promise<PeerSummary[]> {
    const q = this.#database.read;
    const fitting = await q('peer_domains').where({ domain }).limit(MOST_FITTING).pluck<string[]>('peer_id');
    const peers = pickable(q, dialects).whereIn('id', fitting);
    return summaries(await peers.orderBy(['name', 'id']).select('*'));
  }

  /** Peers that joined up to this time, milliseconds, and have not called since. */
  async awaited(until: number): Promise<PeerId[]> {
    const rows: { id: PeerId }[] = await live(this.#database.read)
      .whereRaw("probe_outcome = 'awaited'")
      .where('probed_at', '<=', until)
      .whereNull('blocked_at')
      .select('id');
    return rows.map(({ id }) => id);
  }

  /** The names of those of these ids that are peers. */
  async namesOf(ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
    if (ids.length === 0) return new Map();
    const rows: { id: string; name: string }[] = await live(this.#database.read)
      .whereIn('id', ids)
      .select('id', 'name');
    return new Map(rows.map(({ id, name }) => [id, name]));
  }

  /** The names of those that take proposals at these addresses, by the address without a slash at its end. */
  async namesAt(shareUrls: readonly string[]): Promise<ReadonlyMap<string, string>> {
    if (shareUrls.length === 0) return new Map();
    const addresses = shareUrls.map(bareAddress);
    const rows: { share_url: string; name: string }[] = await live(this.#database.read)
      .whereRaw(`rtrim(share_url, '/') in (${placeholders(addresses.length)})`, addresses)
      .select('share_url', 'name');
    return new Map(rows.map((row) => [bareAddress(row.share_url), row.name]));
  }

  /** How many there are. */
  async counts(): Promise<PeerCounts> {
    const q = this.#database.read;
    const [all, blocked, insecure] = await Promise.all([
      countSome(q, live(q), 'name'),
      countSome(q, live(q).whereRaw('blocked_at is not null'), 'name'),
      countSome(q, live(q).whereRaw('(allow_unsigned or credentials_by_get)'), 'name'),
    ]);
    return { all, blocked, insecure };
  }
}

/** Whether an invitee may pick a peer. */
export function isOffered(peer: PeerSummary): boolean {
  return !peer.blocked && (takesProposals(peer) || peer.ocm?.isMet === false);
}

/** Whether a peer takes proposals of CloudSpaces from us; one that does not may take shares of Open Cloud Mesh. */
export function takesProposals(peer: PeerSummary): boolean {
  return abilitiesOfPeer(peer).exchangesKeys && (peer.hasKeys || peer.allowUnsigned);
}

/** An address without a slash at its end: typed addresses may have one or not. */
export function bareAddress(url: string): string {
  return withoutTrailing(url, '/');
}

function live(q: Queries) {
  return q('peers').whereRaw('removed_at is null');
}

function whole(q: Queries) {
  return wholePeers(q).whereRaw('removed_at is null');
}

/** Those that an invitee may pick, if these dialects are spoken here. */
function pickable(q: Queries, dialects: readonly string[]) {
  return whole(q).whereRaw(OFFERED).whereIn('dialect', dialects);
}
