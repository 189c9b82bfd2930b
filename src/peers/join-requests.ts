import {
  DAY,
  displayText,
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
} from '../kernel/index.js';
import type { Database, Limiter, Log, Outbound, Sealer, Transaction } from '../platform/index.js';
import { issuePair } from './consumer-pair.js';
import { discover } from './discovery.js';
import { readJoinCode } from './join-code.js';
import type { JoinRequestMessage, JoinWire } from './join-messages.js';
import { contextOf, discoveryOf, foundIn, requestOf, type JoinRequest, type RequestRow } from './join-request-row.js';
import { knownAs, recordJoined, type JoinedPairs, type JoinedPeerParts } from './joined-peer.js';
import { originOf } from './origins.js';
import type { ConsumerPair, Peer, ProbeOutcome } from './peer.js';
import type { Probes } from './probes.js';

/** What {@link JoinRequests} are made of. */
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
  readonly publicOrigin: string;
  /** Told after a cloud has become a peer by an approval. */
  readonly onJoined: (peer: Peer) => void;
}

/** What came of an approval. */
export interface Approved {
  readonly peer: Peer;
  readonly outcome: ProbeOutcome;
}

/** How long an unanswered request is kept, milliseconds, and how many at most: in all, and of one cloud. */
const LIFE = DAY;
const MOST = 50;
const MOST_PER_ORIGIN = 5;

/** How many requests are taken, from one address and over all (threat model ACC-02). */
const FROM_ONE_ADDRESS = { acts: 20, per: HOUR };
const FROM_ALL = { acts: 200, per: HOUR };
/** In the name of one cloud fewer than are kept of it: a stranger alone cannot push out what that cloud has asked. */
const OF_ONE_CLOUD = { acts: MOST_PER_ORIGIN - 1, per: HOUR };

/** How often the document of one origin is fetched unasked, and how long that may take. */
const FETCHES = { acts: 1, per: MINUTE };
const PATIENCE = 10 * SECOND;

/** Requests of other clouds to become a peer. Nobody vouches for them: only what is read at their own address counts. */
export class JoinRequests {
  readonly #parts: JoinRequestsParts;
  #reading: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(parts: JoinRequestsParts) {
    this.#parts = parts;
  }

  /**
   * Keeps a request, if there is room, and has its document read afterwards; the caller learns nothing of either.
   * `address`: where it came from. Throws `too-many` only.
   */
  async receive(message: JoinRequestMessage, address: string): Promise<void> {
    const { limiter } = this.#parts;
    await limiter.spend(`join-requests:${address}`, FROM_ONE_ADDRESS);
    await limiter.spend('join-requests', FROM_ALL);
    const discovery = discoveryOf(message.discovery);
    if (discovery === undefined || originOf(discovery) === originOf(new URL(this.#parts.publicOrigin))) return;
    await limiter.spend(`join-requests:${address}:${originOf(discovery)}`, OF_ONE_CLOUD);
    await this.#store(message, discovery);
    void this.readWaiting();
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
    const peers = await this.#parts.peers.list();
    const newest = new Map<string, RequestRow>();
    for (const row of await this.#rows()) {
      const earlier = newest.get(row.discovery);
      if (earlier === undefined || row.document !== null || earlier.document === null) newest.set(row.discovery, row);
    }
    return [...newest.values()].map((row) => requestOf(row, peers));
  }

  /** Finds a request by its id, or by the name or the address of the cloud. Throws `not-found`, or `conflict` for two. */
  async find(word: string): Promise<JoinRequest> {
    const all = await this.list();
    const origin = URL.canParse(word) ? originOf(new URL(word)) : word;
    const found = all.filter(({ id, name, origin: own }) => id === word || name === word || own === origin);
    const [first, second] = found;
    if (first === undefined) throw notFound(`No cloud called ${displayText(word)} asks to join.`);
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

  /** Turns a cloud away; it is not told. */
  async dismiss(id: string): Promise<void> {
    const { discovery } = await this.#need(id);
    await this.#parts.database.write((trx) => trx('join_requests').where({ discovery }).delete());
  }

  /**
   * Confirms with the code that the other administrator was shown: the cloud becomes a peer, and is asked at once whether
   * the keys fit. Throws `invalid` for a code that does not fit, `conflict` for a blocked cloud, and `peer-failed` or
   * `peer-timeout` when the other cloud does not answer. Until it has answered nobody is trusted, and trying again with the
   * same code brings both sides to the same end.
   */
  async approve(id: string, typed: string, actor: string): Promise<Approved> {
    const code = readJoinCode(typed);
    if (code === undefined) throw invalid('A code has ten letters and digits, such as 7KQ2M-XW4ZT.');
    const { discovery, name } = await this.#need(id);
    // Whoever knows our address can ask in the name of another cloud, but only its own request takes its code.
    for (const row of await this.#readable(discovery, name)) {
      const peer = await this.#confirm(row, code, actor);
      if (peer !== undefined) return { peer, outcome: await this.#parts.probes.probe(peer.id) };
    }
    throw invalid('This code does not fit, or its time is up. Check it, or have the other side ask again.');
  }

  /** Forgets what nobody answered. */
  async sweep(): Promise<void> {
    const { database, clock } = this.#parts;
    await database.write((trx) => trx('join_requests').where('expires_at', '<=', clock.now()).delete());
  }

  async #store({ join_id, name }: JoinRequestMessage, discovery: URL): Promise<void> {
    const { database, clock, random } = this.#parts;
    const [now, origin] = [clock.now(), originOf(discovery)];
    const row = { id: randomWord(random), join_id, origin, discovery: discovery.href };
    const claimed = { name: displayText(name, 100) || discovery.host, created_at: now, expires_at: now + LIFE };
    await database.write(async (trx) => {
      const all = await trx<RequestRow>('join_requests').orderBy('created_at').select<RequestRow[]>('*');
      const own = all.filter((each) => each.origin === origin);
      const oldest = own.length >= MOST_PER_ORIGIN ? own[0] : undefined;
      // Who cannot be read has to make room first: addresses that answer are dearer than words.
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

  /** The requests of one cloud that were read, now if not before; what was not seen before must be as it was claimed. */
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
    knownAs(found, await peers.list());
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

  /** The pair for a cloud, made and kept before it is sent for the first time: a repeat sends the same content. */
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

/** Read so lately that it may not be fetched again yet. */
function isFresh({ document, read_at: at }: RequestRow, now: number): boolean {
  return document !== null && at !== null && now - at < FETCHES.per;
}

function gone(): Failure {
  return notFound('This request is over. Have the other side ask again.');
}
