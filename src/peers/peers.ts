import { Failure, notFound, randomWord, type Clock, type PeerId, type Random } from '../kernel/index.js';
import {
  isUniqueViolation,
  readRows,
  type Database,
  type Queries,
  type Sealer,
  type Transaction,
} from '../platform/index.js';
import { isOffered, PeerLists } from './peer-lists.js';
import type { Logos } from './logos.js';
import { LostKeys } from './lost-keys.js';
import { OcmNotes } from './ocm-notes.js';
import { abilitiesOfPeer } from './peer/peer-abilities.js';
import { webOriginOf, overlap } from './peer/web-origins.js';
import {
  checkDraft,
  checkPair,
  type CheckedPeer,
  type PeerChanges,
  type PeerDraft,
  type DiscoveredPeer,
} from './peer/peer-draft.js';
import { issuePair } from './peer/consumer-pair.js';
import { changeOcm, wholePeers, writeOcm } from './peer/ocm-row.js';
import { columnsOf, NO_PREVIOUS_PAIR, peerOf, sealPair, summaryOf, type PeerRow } from './peer/peer-row.js';
import { COMMAND_LINE, PeerEvents, type PeerAct } from './peer/peer-events.js';
import {
  changedOcm,
  checkOcm,
  isSameServer,
  ocmOrigin,
  ocmUrl,
  readOcmPlace,
  type OcmDraft,
  type OcmTerms,
} from './peer/ocm-terms.js';
import { relocated, relocationOf, type PeerMove } from './peer/relocation.js';
import type { ConsumerPair, Peer } from './peer/peer.js';

/** Called in the transaction that blocks or removes a peer (threat model ADM-03). */
export interface PeerHooks {
  /** Ends the shares with the peer, and lets messages about the ends be sent; answers how many. `by`: the actor. */
  onBlocked(trx: Transaction, peerId: PeerId, by: string): Promise<number>;
  /** Ends the shares with the peer, and drops all messages to it; answers how many. `by`: the actor. */
  onRemoved(trx: Transaction, peerId: PeerId, by: string): Promise<number>;
  /** Changes the addresses in the shares with a peer whose server of Open Cloud Mesh is elsewhere now; answers how many. */
  onMoved(trx: Transaction, move: PeerMove): Promise<number>;
}

/** What {@link Peers} needs. */
export interface PeersParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly sealer: Sealer;
  /** `FOOTBRIDGE_ALLOW_INSECURE_PEERS`: plain http passes. */
  readonly allowInsecure: boolean;
  readonly hooks: PeerHooks;
  readonly logos: Pick<Logos, 'keep'>;
}

/** What an administrator has to confirm (threat model ADM-02). */
export interface PeerConsent {
  /** Two peers may have origins in common. */
  readonly sharedOrigins?: boolean | undefined;
}

/** The peers of this cloud. Who makes a change, `by`, is logged with it. */
export class Peers {
  /** The peers as lists show them. */
  readonly lists: PeerLists;
  /** Peers whose secrets cannot be read. */
  readonly lostKeys: LostKeys;
  /** What is found out of servers of Open Cloud Mesh. */
  readonly ocm: OcmNotes;
  readonly #parts: PeersParts;
  readonly #events: PeerEvents;

  constructor(parts: PeersParts) {
    this.#parts = parts;
    this.lists = new PeerLists(parts.database);
    this.lostKeys = new LostKeys(parts);
    this.ocm = new OcmNotes(parts);
    this.#events = new PeerEvents(parts.clock);
  }

  /**
   * Records a peer and issues the pair with which it signs to us, which is shown once. Throws `invalid` for a draft that
   * is not sound, `conflict` for a name or, without consent, an origin that another peer has.
   */
  async add(
    draft: PeerDraft,
    consent: PeerConsent = {},
    by = COMMAND_LINE,
  ): Promise<{ peer: Peer; issued: ConsumerPair }> {
    const issued = issuePair(this.#parts.random);
    const peer = await this.#named(draft.name, async (trx) => {
      const entered = await this.enter(trx, draft, issued, consent);
      await this.#note(trx, entered.id, 'added', by);
      return entered;
    });
    if (peer.logoUrl !== undefined) await this.#parts.logos.keep(peer.id, peer.logoUrl);
    return { peer, issued };
  }

  /** Records a peer in the caller's transaction, with the pair that is issued to it. Its name must be free. */
  async enter(trx: Transaction, draft: PeerDraft, issued: ConsumerPair, consent: PeerConsent = {}): Promise<Peer> {
    const { random, sealer, clock, allowInsecure } = this.#parts;
    const checked = checkDraft(draft, allowInsecure);
    const id = randomWord(random) as PeerId;
    await this.#requireOwnOrigins(trx, checked, id, consent);
    await this.#requireOwnHost(trx, checked, id);
    await trx('peers').insert({
      ...columnsOf(checked),
      ...sealPair(sealer, id, 'inbound', checkPair(issued)),
      ...(draft.outbound && sealPair(sealer, id, 'outbound', checkPair(draft.outbound))),
      id,
      created_at: clock.now(),
      changed_at: clock.now(),
    });
    await writeDomains(trx, id, checked.emailDomains);
    if (checked.ocm !== undefined) await writeOcm(trx, id, checked.ocm);
    return this.#need(trx, { id });
  }

  /**
   * Changes a peer. Its shares follow a new address of its server of Open Cloud Mesh, in the same transaction: nobody announces a
   * move there, an administrator enters it. Throws like {@link add}, and `not-found`.
   */
  async set(name: string, changes: PeerChanges, consent: PeerConsent = {}, by = COMMAND_LINE): Promise<Peer> {
    const { sealer, clock, allowInsecure } = this.#parts;
    const before = await this.#need(this.#parts.database.read, { name });
    const checked = checkDraft(changed(before, changes), allowInsecure);
    const row = {
      ...columnsOf(checked),
      ...(changes.outbound && sealPair(sealer, before.id, 'outbound', checkPair(changes.outbound))),
      changed_at: clock.now(),
    };
    const peer = await this.#named(checked.name, async (trx) => {
      await this.#requireOwnOrigins(trx, checked, before.id, consent);
      await this.#requireOwnHost(trx, checked, before.id);
      const after = await this.#rewrite(trx, before, row, checked.ocm);
      await this.#note(trx, before.id, 'changed', by, changedWords(before, after));
      await this.#follow(trx, before, after, by);
      return after;
    });
    if (peer.logoUrl !== before.logoUrl) await this.#parts.logos.keep(peer.id, peer.logoUrl);
    return peer;
  }

  /**
   * Stores the new addresses of a peer, in the caller's transaction: all endpoints and origins are replaced by those
   * found there. Throws `conflict` when somebody changed the peer since it was read.
   */
  async relocate(trx: Transaction, before: Peer, found: DiscoveredPeer): Promise<Peer> {
    const { shareUrl, unshareUrl = null, credentialsUrl, storageBase, origins } = found;
    const place = { shareUrl, unshareUrl, credentialsUrl, storageBase, origins };
    const more = { returnUrl: found.returnUrl ?? null, logoUrl: found.logoUrl ?? null };
    const ocm = movedOcm(before, found.shareUrl);
    const checked = checkDraft({ ...before, ...place, ...more, ocm }, this.#parts.allowInsecure);
    await this.#requireOwnOrigins(trx, checked, before.id, {});
    await this.#requireOwnHost(trx, checked, before.id);
    const news = { said_address: null, said_at: null, changed_at: this.#parts.clock.now() };
    return this.#rewrite(trx, before, { ...columnsOf(checked), ...news }, checked.ocm);
  }

  /** All peers with their secrets, blocked ones too, by name. Throws `internal` when one of them cannot be read. */
  async list(queries: Queries = this.#parts.database.read): Promise<Peer[]> {
    const rows = await wholePeers(queries).whereNull('removed_at').orderBy(['name', 'id']).select<PeerRow[]>('*');
    return rows.map((row) => peerOf(this.#parts.sealer, row));
  }

  /** A peer by the name that the administrator gave it. */
  async byName(name: string): Promise<Peer | undefined> {
    return this.#find(this.#parts.database.read, { name });
  }

  /** A peer by its id; removed ones are none. `queries`: a transaction that wants to see its own changes. */
  async byId(id: PeerId, queries: Queries = this.#parts.database.read): Promise<Peer | undefined> {
    return this.#find(queries, { id });
  }

  /** The unblocked peer that holds this consumer key of ours, be it the one before the newest (see {@link PeerKeys}). */
  async byInboundKey(key: string): Promise<Peer | undefined> {
    const { read } = this.#parts.database;
    const newest = await this.#find(read, { inbound_key: key, blocked_at: null });
    if (newest !== undefined) return newest;
    const peer = await this.#find(read, { previous_inbound_key: key, blocked_at: null });
    const isOver = (peer?.previousInbound?.until ?? Infinity) <= this.#parts.clock.now();
    return isOver ? undefined : peer;
  }

  /** The unblocked peer that is this server of Open Cloud Mesh; `host` as hosts are compared, with its port. */
  async byOcmHost(host: string, queries: Queries = this.#parts.database.read): Promise<Peer | undefined> {
    return this.#find(queries, { ocm_host: host, blocked_at: null });
  }

  /** A peer that an invitee may pick (see {@link PeerLists.offered}). */
  async offered(id: string): Promise<Peer | undefined> {
    const row = await this.#row(this.#parts.database.read, { id: id as PeerId });
    return row !== undefined && isOffered(summaryOf(row)) ? peerOf(this.#parts.sealer, row) : undefined;
  }

  /**
   * The unblocked peers that cannot sign, or whose proposals browsers bring by GET. Strangers can cause this query, so
   * it opens no secrets of other peers (threat model DOS-07). Peers that cannot be read are left out.
   */
  async lenient(): Promise<Peer[]> {
    const live = wholePeers(this.#parts.database.read).where({ removed_at: null, blocked_at: null });
    const some = live.where((each) => {
      void each.where({ allow_unsigned: true }).orWhere({ transport: 'browser-get' });
    });
    const rows = await some.orderBy(['name', 'id']).select<PeerRow[]>('*');
    const read = readRows(
      rows,
      ({ name: at, id }) => ({ at, id }),
      (row) => peerOf(this.#parts.sealer, row),
    );
    return read.flatMap(({ view }) => view ?? []);
  }

  /** Blocks a peer: its shares end in the same transaction. Answers how many. */
  async block(name: string, by = COMMAND_LINE): Promise<number> {
    const now = this.#parts.clock.now();
    return this.#parts.database.vital(async (trx) => {
      const { id, blocked_at: blocked } = await this.#needRow(trx, name);
      if (blocked !== null) return 0;
      await trx('peers').where({ id }).update({ blocked_at: now, changed_at: now });
      const ended = await this.#parts.hooks.onBlocked(trx, id, by);
      await this.#note(trx, id, 'blocked', by, endedWords(ended));
      return ended;
    });
  }

  /** Unblocks a peer. Ended shares stay ended. */
  async unblock(name: string, by = COMMAND_LINE): Promise<void> {
    await this.#parts.database.write(async (trx) => {
      const { id, blocked_at: blocked } = await this.#needRow(trx, name);
      await trx('peers').where({ id }).update({ blocked_at: null, changed_at: this.#parts.clock.now() });
      if (blocked !== null) await this.#note(trx, id, 'unblocked', by);
    });
  }

  /**
   * Removes a peer: its secrets are erased and its name is free; the row stays for the history of shares. Answers how
   * many shares ended.
   */
  async remove(name: string, by = COMMAND_LINE): Promise<number> {
    const now = this.#parts.clock.now();
    const pairs = { inbound_key: null, inbound_secret: null, outbound_key: null, outbound_secret: null };
    const erased = { ...pairs, ...NO_PREVIOUS_PAIR };
    return this.#parts.database.vital(async (trx) => {
      const { id } = await this.#needRow(trx, name);
      await trx('peers')
        .where({ id })
        .update({ ...erased, removed_at: now, changed_at: now });
      await writeOcm(trx, id, undefined);
      const ended = await this.#parts.hooks.onRemoved(trx, id, by);
      await this.#note(trx, id, 'removed', by, endedWords(ended));
      return ended;
    });
  }

  async #rewrite(trx: Transaction, before: Peer, columns: Partial<PeerRow>, ocm: OcmTerms | undefined): Promise<Peer> {
    // A change by somebody else in between must not be overwritten.
    const same = { id: before.id, changed_at: before.changedAt, removed_at: null };
    if ((await trx('peers').where(same).update(columns)) === 0) throw conflict('The peer was changed meanwhile.');
    await changeOcm(trx, before, ocm);
    const after = await this.#need(trx, { id: before.id });
    await writeDomains(trx, after.id, after.emailDomains);
    return after;
  }

  async #follow(trx: Transaction, before: Peer, after: Peer, by: string): Promise<void> {
    if (before.ocm === undefined || after.ocm === undefined || isSameServer(before.ocm, after.ocm)) return;
    const shares = await this.#parts.hooks.onMoved(trx, { before, after });
    const followed = `${String(shares)} ${shares === 1 ? 'share follows' : 'shares follow'}`;
    await this.#note(trx, after.id, 'moved', by, `from ${ocmUrl(before.ocm)} to ${ocmUrl(after.ocm)}; ${followed}`);
  }

  async #note(trx: Transaction, peerId: PeerId, event: PeerAct, actor: string, note = ''): Promise<void> {
    await this.#events.record(trx, { peerId, event, actor, note });
  }

  async #named(name: string, write: (trx: Transaction) => Promise<Peer>): Promise<Peer> {
    try {
      return await this.#parts.database.write(write);
    } catch (error) {
      if (isUniqueViolation(error)) throw conflict(`There is a peer named ${name} already.`);
      throw error;
    }
  }

  async #requireOwnOrigins(
    trx: Transaction,
    { origins }: CheckedPeer,
    id: PeerId,
    { sharedOrigins }: PeerConsent,
  ): Promise<void> {
    if (sharedOrigins === true) return;
    for (const other of await this.lists.all(trx)) {
      const common = origins.find((origin) => other.origins.some((taken) => overlap(origin, taken)));
      if (other.id !== id && common !== undefined) {
        throw conflict(`${common} belongs to the peer ${other.name} already. Confirm it if they really share it.`);
      }
    }
  }

  async #requireOwnHost(trx: Transaction, { ocm }: CheckedPeer, id: PeerId): Promise<void> {
    if (ocm === undefined) return;
    const other = await this.#row(trx, { ocm_host: ocm.host });
    if (other !== undefined && other.id !== id)
      throw conflict(`${ocm.host} belongs to the peer ${other.name} already.`);
  }

  async #find(queries: Queries, filter: Partial<PeerRow>): Promise<Peer | undefined> {
    const row = await this.#row(queries, filter);
    return row === undefined ? undefined : peerOf(this.#parts.sealer, row);
  }

  async #row(queries: Queries, filter: Partial<PeerRow>): Promise<PeerRow | undefined> {
    return wholePeers(queries)
      .where({ ...filter, removed_at: null })
      .first<PeerRow | undefined>('*');
  }

  async #need(queries: Queries, filter: Partial<PeerRow>): Promise<Peer> {
    const peer = await this.#find(queries, filter);
    if (peer === undefined) throw notFound('There is no such peer.');
    return peer;
  }

  /** Blocking and removing work even if the peer's secrets cannot be read. */
  async #needRow(queries: Queries, name: string): Promise<PeerRow> {
    const row = await this.#row(queries, { name });
    if (row === undefined) throw notFound('There is no such peer.');
    return row;
  }
}

/** Stores the e-mail domains by which a peer is found. */
async function writeDomains(trx: Transaction, id: PeerId, domains: readonly string[]): Promise<void> {
  await trx('peer_domains').where({ peer_id: id }).delete();
  const rows = [...new Set(domains)].map((domain) => ({ domain, peer_id: id }));
  if (rows.length > 0) await trx('peer_domains').insert(rows);
}

/** The names of the changed fields for the journal, without their values, which may be secrets (SEC-02). */
function changedWords(before: Peer, after: Peer): string {
  const fields = Object.keys(after).filter((field) => field !== 'changedAt') as (keyof Peer)[];
  const changes = fields.filter((field) => JSON.stringify(before[field]) !== JSON.stringify(after[field]));
  return changes.map((field) => (field === 'outbound' ? 'keys' : field)).join(', ');
}

function endedWords(ended: number): string {
  return ended === 0 ? '' : `${String(ended)} ${ended === 1 ? 'share' : 'shares'} ended`;
}

/**
 * A changed peer in the form of a new one. Origins that were added for old endpoints are dropped; those that were
 * entered stay.
 */
function changed(peer: Peer, changes: PeerChanges): PeerDraft {
  const given = Object.fromEntries(
    Object.entries(changes).filter(([, value]) => value !== undefined),
  ) as Partial<PeerDraft>;
  // Whatever an administrator changes of a peer that nobody registered: now it is registered.
  const ocm = given.ocm === null ? null : changedOcm(peer.ocm && { ...peer.ocm, isMet: false }, given.ocm);
  const endpoints = { ...peer, ...given };
  const moved = movedEndpoints(peer, endpoints, ocm ?? undefined);
  const draft: PeerDraft = { ...endpoints, ...moved, ocm, limits: { ...peer.limits, ...given.limits } };
  if (given.origins !== undefined) return draft;
  const left = webOriginsOfEndpoints(peer).filter((origin) => !webOriginsOfEndpoints(draft).includes(origin));
  return { ...draft, origins: peer.origins.filter((origin) => !left.includes(origin)) };
}

/** The endpoints of a peer that speaks nothing but Open Cloud Mesh: those that nobody changed lie where its server lies. */
function movedEndpoints(peer: Peer, given: PeerDraft, ocm: OcmDraft | undefined): Partial<PeerDraft> {
  const place = ocm === undefined ? undefined : checkOcm(ocm, true);
  if (!abilitiesOfPeer(peer).followsItsServer || peer.ocm === undefined || place === undefined) return {};
  const [from, to] = [ocmUrl(peer.ocm), ocmUrl(place)];
  const move = relocationOf(from, to, to);
  const follow = (before: string, now: string): string => (before === now ? relocated(now, move) : now);
  return {
    shareUrl: follow(peer.shareUrl, given.shareUrl),
    credentialsUrl: follow(peer.credentialsUrl, given.credentialsUrl),
    unshareUrl:
      peer.unshareUrl === undefined || typeof given.unshareUrl !== 'string'
        ? given.unshareUrl
        : follow(peer.unshareUrl, given.unshareUrl),
  };
}

/** The server of Open Cloud Mesh of a peer that has moved: one at its old origin moves with it, another stays. */
function movedOcm({ ocm, shareUrl }: Peer, newShareUrl: string): OcmDraft | undefined {
  if (ocm === undefined || ocmOrigin(ocm) !== webOriginOf(new URL(shareUrl))) return ocm;
  return { ...ocm, ...readOcmPlace(webOriginOf(new URL(newShareUrl)) + ocm.path, true) };
}

function webOriginsOfEndpoints({
  shareUrl,
  credentialsUrl,
  unshareUrl,
  ocm,
}: Pick<PeerDraft, 'shareUrl' | 'credentialsUrl' | 'unshareUrl' | 'ocm'>): string[] {
  const server = ocm?.host === undefined ? shareUrl : ocmOrigin({ path: '', isPlain: false, ...ocm, host: ocm.host });
  const urls = [shareUrl, credentialsUrl, unshareUrl ?? shareUrl, server];
  return urls.filter((text) => URL.canParse(text)).map((text) => webOriginOf(new URL(text)));
}

function conflict(message: string): Failure {
  return new Failure('conflict', message);
}
