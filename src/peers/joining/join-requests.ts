import {
  DAY,
  keepLabel,
  Failure,
  HOUR,
  invalid,
  isFailure,
  MINUTE,
  notFound,
  randomWord,
  SECOND,
  type Clock,
  type Random,
} from '../../kernel/index.js';
import {
  networkOf,
  type Database,
  type Limiter,
  type Log,
  type Outbound,
  type Sealer,
  type Transaction,
} from '../../platform/index.js';
import { issuePair } from '../peer/consumer-pair.js';
import { discover } from './discovery.js';
import { readJoinCode } from './join-code.js';
import type { JoinRequestMessage, JoinWire } from './join-messages.js';
import {
  contextOf,
  discoveryOf,
  foundIn,
  readableIn,
  requestOf,
  type JoinRequest,
  type RequestRow,
} from './join-request-row.js';
import { knownAs, recordJoined, type JoinedPairs, type JoinedPeerParts } from './joined-peer.js';
import { webOriginOf } from '../peer/web-origins.js';
import type { ConsumerPair, Peer, ProbeOutcome } from '../peer/peer.js';
import type { Probes } from '../probes.js';

/** What {@link JoinRequests} needs. */
export interface JoinRequestsParts extends JoinedPeerParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly sealer: Sealer;
  readonly limiter: Pick<Limiter, 'spend'>;
  readonly log: Pick<Log, 'info' | 'error'>;
  readonly outbound: Pick<Outbound, 'call'>;
  readonly wire: JoinWire;
  readonly probes: Pick<Probes, 'probe' | 'expect'>;
  readonly webOrigin: string;
  /** Is called after a cloud has become a peer by an approval. */
  readonly onJoined: (peer: Peer) => void;
}

/** The result of an approval. */
export interface Approved {
  readonly peer: Peer;
  readonly outcome: ProbeOutcome;
}

/** How long an unanswered request is kept, milliseconds, and how many at most: in all, and of one cloud. */
const LIFE = DAY;
const MOST = 50;
const MOST_PER_ORIGIN = 5;

/** How many requests are taken, from one address and over all (threat model ACC-02). */
const FROM_ONE_ADDRESS = { acts: 20, per: HOUR, ofStrangers: true };
const FROM_ALL = { acts: 200, per: HOUR };
/**
 * Fewer requests in the name of one cloud than are kept of it, so that a stranger alone cannot displace that cloud's
 * own request.
 */
const OF_ONE_CLOUD = { acts: MOST_PER_ORIGIN - 1, per: HOUR, ofStrangers: true };

/** How often the document of one origin is fetched unasked, and how long that may take. */
const FETCHES = { acts: 1, per: MINUTE, ofStrangers: true };
const PATIENCE = 10 * SECOND;

/**
 * Requests of other clouds to become a peer. Requests are unproven: only the document at the cloud's own address
 * counts.
 */
export class JoinRequests {
  readonly #parts: JoinRequestsParts;
  #reading: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(parts: JoinRequestsParts) {
    this.#parts = parts;
  }

  /**
   * Stores a request, if there is space, and reads its document afterwards; the caller learns nothing of either.
   * `address`: where it came from, counted by network. Throws `too-many` only.
   */
  async receive(message: JoinRequestMessage, address: string | undefined): Promise<void> {
    const read = discoveryOf(message.discovery);
    const isOwn = read !== undefined && webOriginOf(read) === webOriginOf(new URL(this.#parts.webOrigin));
    const discovery = isOwn ? undefined : read;
    await this.#count(networkOf(address), discovery);
    if (discovery === undefined) return;
    await this.#store(message, discovery);
    void this.readWaiting();
  }

  /**
   * Counts a request against all of its limits or against none: one that a limit refuses is not counted by the others.
   * An invalid request counts against its sender only.
   */
  async #count(client: string, discovery: URL | undefined): Promise<void> {
    const { database, limiter } = this.#parts;
    await database.write(async (trx) => {
      await limiter.spend(`join-requests:${client}`, FROM_ONE_ADDRESS, trx);
      if (discovery === undefined) return;
      await limiter.spend(`join-requests-of:${client}:${webOriginOf(discovery)}`, OF_ONE_CLOUD, trx);
      await limiter.spend('join-requests', FROM_ALL, trx);
    });
  }

  /** Reads the documents that were not read yet, one after the other, each origin at most once a minute. Never rejects. */
  readWaiting(): Promise<void> {
    this.#reading = this.#reading
      .then(() => this.#readAll())
      .catch((error: unknown) => {
        this.#parts.log.error({ err: error }, 'requests to join could not be read');
      });
    return this.#reading;
  }

  /** Reads no more, and resolves when nothing is being read. */
  stop(): Promise<void> {
    this.#isStopped = true;
    return this.#reading;
  }

  /** The clouds that ask, the oldest first. */
  async list(): Promise<JoinRequest[]> {
    const newest = new Map<string, RequestRow>();
    for (const row of await this.#rows()) {
      const earlier = newest.get(row.discovery);
      if (earlier === undefined || row.document !== null || earlier.document === null) newest.set(row.discovery, row);
    }
    const rows = [...newest.values()];
    const places = rows.flatMap((row) => readableIn(row)?.shareUrl ?? []);
    const names = await this.#parts.peers.lists.namesAt(places);
    return rows.map((row) => requestOf(row, names));
  }

  /** Finds a request by its id, or by the name or the address of the cloud. Throws `not-found`, or `conflict` for two. */
  async find(word: string): Promise<JoinRequest> {
    const all = await this.list();
    const origin = URL.canParse(word) ? webOriginOf(new URL(word)) : word;
    const found = all.filter(({ id, name, origin: own }) => id === word || name === word || own === origin);
    const [first, second] = found;
    if (first === undefined) throw notFound(`No cloud called ${keepLabel(word)} asks to join.`);
    if (second !== undefined) {
      throw new Failure(
        'conflict',
        `Several clouds call themselves so: ${found.map((each) => each.origin).join(', ')}.`,
      );
    }
    return first;
  }

  /** Reads the document of one cloud again, now. Throws like `discover`. */
  async read(id: string): Promise<void> {
    const { discovery } = await this.#need(id);
    for (const row of await this.#of(discovery)) await this.#readOne(row);
  }

  /** Dismisses a request; the cloud is not told. */
  async dismiss(id: string): Promise<void> {
    const { discovery } = await this.#need(id);
    await this.#parts.database.write((trx) => trx('join_requests').where({ discovery }).delete());
  }

  /**
   * Confirms with the code that the other administrator was shown: the cloud becomes a peer, and is asked at once
   * whether the keys fit. Throws `invalid` for a code that does not fit, `conflict` for a blocked cloud, and
   * `peer-failed` or `peer-timeout` when the other cloud does not answer. Until it has answered, nobody is trusted;
   * trying again with the same code completes the join on both sides.
   */
  async approve(id: string, typed: string, actor: string): Promise<Approved> {
    const code = readJoinCode(typed);
    if (code === undefined) throw invalid('A code has ten letters and digits, such as 7KQ2M-XW4ZT.');
    const { discovery, name } = await this.#need(id);
    // Anybody can ask in the name of another cloud, but only the cloud's own request accepts its code.
    for (const row of await this.#readable(discovery, name)) {
      const peer = await this.#confirm(row, code, actor);
      if (peer !== undefined) return { peer, outcome: await this.#parts.probes.probe(peer.id) };
    }
    throw invalid('This code does not fit, or its time is up. Check it, or have the other side ask again.');
  }

  /** Deletes requests that nobody has answered in time. */
  async sweep(): Promise<void> {
    const { database, clock } = this.#parts;
    await database.write((trx) => trx('join_requests').where('expires_at', '<=', clock.now()).delete());
  }

  async #store({ join_id, name }: JoinRequestMessage, discovery: URL): Promise<void> {
    const { database, clock, random } = this.#parts;
    const [now, origin] = [clock.now(), webOriginOf(discovery)];
    const row = { id: randomWord(random), join_id, origin, discovery: discovery.href };
    const claimed = { name: keepLabel(name, 100) || discovery.host, created_at: now, expires_at: now + LIFE };
    await database.write(async (trx) => {
      const all = await trx<RequestRow>('join_requests').orderBy('created_at').select<RequestRow[]>('*');
      const own = all.filter((each) => each.origin === origin);
      const oldest = own.length >= MOST_PER_ORIGIN ? own[0] : undefined;
      // When there is no space, a request is dropped whose document could not be read: it has only its own claim.
      const leaving = oldest ?? (all.length >= MOST ? all.find(({ document }) => document === null) : undefined);
      if (all.length >= MOST && leaving === undefined) return;
      if (leaving !== undefined) await trx('join_requests').where({ id: leaving.id }).delete();
      const read = all.find((each) => each.discovery === row.discovery && isFresh(each, now));
      const known = { document: read?.document ?? null, read_at: read?.read_at ?? null };
      await trx('join_requests')
        .insert({ ...row, ...claimed, ...known })
        .onConflict(['origin', 'join_id'])
        .ignore();
    });
  }

  /**
   * The requests of one cloud whose documents were read; reads those that were not. A document read now must confirm
   * the claimed name.
   */
  async #readable(discovery: string, claimed: string): Promise<RequestRow[]> {
    const isRead = ({ document }: RequestRow): boolean => document !== null;
    const read = (await this.#of(discovery)).filter(isRead);
    if (read.length > 0) return read;
    for (const row of await this.#of(discovery)) await this.#readOne(row);
    const now = (await this.#of(discovery)).filter(isRead);
    const other = now.map((row) => foundIn(row).name).find((name) => name !== claimed);
    if (other === undefined) return now;
    throw new Failure('conflict', `It was read only now, and calls itself ${other}. Compare, then approve it again.`);
  }

  async #readAll(): Promise<void> {
    const unread = (await this.#rows()).filter(({ document, read_at: at }) => document === null && at === null);
    for (const origin of new Set(unread.map((row) => row.origin))) {
      if (!this.#isStopped && (await this.#mayFetch(origin)))
        await this.#readOrigin(unread.filter((row) => row.origin === origin));
    }
  }

  async #mayFetch(origin: string): Promise<boolean> {
    try {
      await this.#parts.limiter.spend(`join-fetch:${origin}`, FETCHES);
      return true;
    } catch (error) {
      if (isFailure(error, 'too-many')) return false;
      throw error;
    }
  }

  async #readOrigin(rows: readonly RequestRow[]): Promise<void> {
    for (const row of rows) {
      try {
        await this.#readOne(row);
      } catch (error) {
        if (!isFailure(error)) throw error;
        this.#parts.log.info({ origin: row.origin, why: error.detail ?? error.message }, 'a cloud that asks to join');
      }
    }
  }

  async #readOne({ id, discovery }: RequestRow): Promise<void> {
    const { outbound, database, clock } = this.#parts;
    const save = (document: string | null): Promise<number> =>
      database.write((trx) => trx('join_requests').where({ id }).update({ document, read_at: clock.now() }));
    try {
      const patient = {
        call: (call: Parameters<Outbound['call']>[0]) => outbound.call({ ...call, timeout: PATIENCE }),
      };
      const found = await discover(patient, discovery);
      if (found.joinUrl === undefined) throw new Failure('peer-failed', 'This cloud takes no confirmations.');
      await save(JSON.stringify(found));
    } catch (error) {
      if (isFailure(error)) await save(null);
      throw error;
    }
  }

  async #confirm(row: RequestRow, code: string, actor: string): Promise<Peer | undefined> {
    const { database, peers, wire, onJoined } = this.#parts;
    const found = foundIn(row);
    knownAs(found, await peers.lists.all());
    const inbound = await this.#pairFor(row);
    const keys = { consumer_key: inbound.key, consumer_secret: inbound.secret };
    const outbound = await wire.confirm(found.joinUrl ?? '', { join_id: row.join_id, code, ...keys });
    if (outbound === undefined) return undefined;
    const peer = await database.write((trx) => this.#trust(trx, row, { inbound, outbound }, actor));
    onJoined(peer);
    return peer;
  }

  async #trust(trx: Transaction, row: RequestRow, pairs: JoinedPairs, actor: string): Promise<Peer> {
    // Two administrators who approve it at once are one after the other here.
    await trx('join_requests').where({ discovery: row.discovery }).forUpdate().select('id');
    const peer = await recordJoined(this.#parts, trx, foundIn(row), pairs, actor);
    await trx('join_requests').where({ discovery: row.discovery }).delete();
    return peer;
  }

  /** The pair for a cloud, made and stored before it is first sent, so that a repeat sends the same content. */
  async #pairFor({ id }: RequestRow): Promise<ConsumerPair> {
    const { database, random, sealer } = this.#parts;
    return database.write(async (trx) => {
      const row = await trx<RequestRow>('join_requests').where({ id }).forUpdate().first();
      if (row === undefined) throw gone();
      if (row.issued_key !== null && row.issued_secret !== null) {
        return { key: row.issued_key, secret: sealer.open(row.issued_secret, contextOf(id)) };
      }
      const pair = issuePair(random);
      const columns = { issued_key: pair.key, issued_secret: sealer.seal(pair.secret, contextOf(id)) };
      await trx('join_requests').where({ id }).update(columns);
      return pair;
    });
  }

  async #rows(): Promise<RequestRow[]> {
    const { database, clock } = this.#parts;
    const open = database.read<RequestRow>('join_requests').where('expires_at', '>', clock.now());
    return open.orderBy(['created_at', 'id']).select<RequestRow[]>('*');
  }

  /** The requests of one cloud, the newest first. */
  async #of(discovery: string): Promise<RequestRow[]> {
    return (await this.#rows()).filter((row) => row.discovery === discovery).reverse();
  }

  async #need(id: string): Promise<RequestRow> {
    const row = (await this.#rows()).find((each) => each.id === id);
    if (row === undefined) throw gone();
    return row;
  }
}

/** True when the document was read so recently that it must not be fetched again yet. */
function isFresh({ document, read_at: at }: RequestRow, now: number): boolean {
  return document !== null && at !== null && now - at < FETCHES.per;
}

function gone(): Failure {
  return notFound('This request is over. Have the other side ask again.');
}
