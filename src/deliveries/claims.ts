import type { Knex } from 'knex';
import type { Clock } from '../kernel/index.js';
import type { Database, Queries, Transaction } from '../platform/index.js';
import type { DeliveryRow } from './row.js';

/** What {@link Claims} needs. */
export interface ClaimsParts {
  readonly database: Database;
  readonly clock: Clock;
  /** The name of this worker; different from every earlier one. */
  readonly instance: string;
  /** Milliseconds after which the messages of a silent worker are taken over. */
  readonly lease: number;
  /** The one clock that all workers measure leases by. */
  readonly leaseTime: LeaseTime;
}

/** The time of the clock by which leases are measured, milliseconds. */
export type LeaseTime = (queries: Queries) => Promise<number>;

/**
 * The database's own clock where several machines share one (reliability.md OPS-06): a replica whose clock is wrong
 * must not take away what another is sending.
 */
export function databaseTime({ engine }: Database, clock: Clock): LeaseTime {
  if (engine === 'sqlite') return async () => clock.now();
  return async (queries) => {
    const sql = 'select floor(extract(epoch from clock_timestamp()) * 1000)::bigint as now';
    const { rows } = await queries.raw<{ rows: { now: number }[] }>(sql);
    return rows[0]?.now ?? clock.now();
  };
}

/** How many messages to one peer may be taken. */
export interface Portion {
  /** Empty for messages without a peer, such as mail. */
  readonly peer: string;
  readonly free: number;
}

/** Which messages a claim may take. */
export interface ClaimWish {
  /** Most messages in all. */
  readonly limit: number;
  /** Picks, of the peers with queued messages, those that may be called now, in the order of their turns. */
  readonly portions: (peers: readonly string[]) => readonly Portion[];
  /** Ids of messages that must not be claimed. */
  readonly without: readonly number[];
}

/**
 * A peer and the earliest due time of its queued messages. `null` as the peer: messages without one; no due time:
 * nothing is queued.
 */
interface Head {
  readonly peer: string | null;
  readonly due: number | null;
}

/** Walks from peer to peer in the index of queued messages, so that the cost does not depend on how many wait. */
const HEADS = `
  with recursive peers (peer) as (
    select min(peer_id) from deliveries where state = 'queued'
    union all
    select (select min(d.peer_id) from deliveries d where d.state = 'queued' and d.peer_id > peers.peer)
    from peers where peers.peer is not null
  )
  select peer, (select min(d.run_at) from deliveries d where d.state = 'queued' and d.peer_id = peers.peer) as due
  from peers where peer is not null
  union all
  select null, (select min(d.run_at) from deliveries d where d.state = 'queued' and d.peer_id is null)`;

/** Leases on rows, so that each message is sent by one worker, and none is lost when its worker dies. */
export class Claims {
  readonly #parts: ClaimsParts;
  /** False until something was claimed: a command that sent nothing need not write to release it. */
  #hasTaken = false;

  constructor(parts: ClaimsParts) {
    this.#parts = parts;
  }

  /** Claims due messages, at most the first of each lane. Reads first, because mostly nothing is due. */
  async take(wish: ClaimWish): Promise<DeliveryRow[]> {
    const { database, leaseTime } = this.#parts;
    for (;;) {
      const portions = wish.portions(await this.#duePeers(database.read));
      if (portions.length === 0) return [];
      const found = await this.#candidates(database.read, await leaseTime(database.read), portions);
      const rows = dealt(
        found.filter(({ id }) => !wish.without.includes(id)),
        portions,
      ).slice(0, wish.limit);
      if (rows.length === 0) return [];
      const claimed = await database.vital((trx) => this.#claim(trx, rows));
      // Other workers have claimed all of these; there may be more.
      if (claimed.length > 0) return claimed;
    }
  }

  async #duePeers(queries: Queries): Promise<string[]> {
    const now = this.#parts.clock.now();
    const answer = await queries.raw<Head[] | { readonly rows: Head[] }>(HEADS);
    const heads = Array.isArray(answer) ? answer : answer.rows;
    return heads.filter(({ due }) => due !== null && due <= now).map(({ peer }) => peer ?? '');
  }

  /**
   * Claims those of `rows` that nobody has claimed or changed since they were read. The first message of a lane stays
   * the first until it is claimed, so nothing else has to be checked again.
   */
  async #claim(trx: Transaction, rows: readonly DeliveryRow[]): Promise<DeliveryRow[]> {
    const { instance, lease, leaseTime } = this.#parts;
    const now = await leaseTime(trx);
    // Removes messages that were dropped while a worker was sending them, and whose worker has died since: nobody else
    // does.
    await trx('deliveries').whereRaw("state = 'dropped'").where('claimed_until', '<=', now).delete();
    const claimed: Pick<DeliveryRow, 'id'>[] = await this.#claimable(trx<DeliveryRow>('deliveries as d'), now)
      .whereIn(
        'd.id',
        rows.map(({ id }) => id),
      )
      .update({ claimed_by: instance, claimed_until: now + lease }, ['id']);
    const ids = new Set(claimed.map(({ id }) => id));
    this.#hasTaken ||= ids.size > 0;
    return rows.filter(({ id }) => ids.has(id));
  }

  /**
   * Messages that are due, unclaimed and the first of their lane, with nothing else of that lane under way; peer by
   * peer.
   */
  async #candidates(queries: Queries, leaseNow: number, portions: readonly Portion[]): Promise<DeliveryRow[]> {
    const [first, ...others] = portions.map((portion) =>
      queries.select('*').from(this.#ofPeer(queries, leaseNow, portion).as('found')),
    );
    return first === undefined ? [] : ((await first.unionAll(others)) as DeliveryRow[]);
  }

  #ofPeer(queries: Queries, leaseNow: number, { peer, free }: Portion) {
    const ahead = queries
      .from('deliveries as e')
      .select(queries.raw('1'))
      .whereRaw('e.lane = d.lane')
      .whereRaw("((e.state = 'queued' and e.id < d.id) or (e.state = 'dropped' and e.claimed_until > ?))", [leaseNow]);
    return this.#claimable(queries<DeliveryRow>('deliveries as d'), leaseNow)
      .where('d.peer_id', peer === '' ? null : peer)
      .whereNotExists(ahead)
      .orderBy(['d.run_at', 'd.id'])
      .limit(free)
      .select('d.*');
  }

  #claimable(rows: Knex.QueryBuilder<DeliveryRow>, leaseNow: number) {
    return (
      rows
        // A literal and not a bound value, because SQLite uses the partial index only then.
        .whereRaw("d.state = 'queued'")
        .where('d.run_at', '<=', this.#parts.clock.now())
        .whereRaw('(d.claimed_until is null or d.claimed_until <= ?)', [leaseNow])
    );
  }

  /** Extends the leases of messages that are still under way. */
  async renew(ids: readonly number[]): Promise<void> {
    const { database, lease, leaseTime } = this.#parts;
    await database.vital(async (trx) => {
      const now = await leaseTime(trx);
      await this.#mine(trx)
        .whereIn('id', ids)
        .update({ claimed_until: now + lease });
    });
  }

  /** Releases everything that this worker still holds, for others to take at once. */
  async release(): Promise<void> {
    if (!this.#hasTaken) return;
    await this.#parts.database.vital(async (trx) => {
      await this.#mine(trx).where('state', 'dropped').delete();
      await this.#mine(trx).update({ claimed_by: null, claimed_until: null });
    });
  }

  /**
   * Releases what earlier processes held when they were killed. Only on SQLite, where one process serves the cloud;
   * with several replicas the leases run out.
   */
  async freeFormer(): Promise<void> {
    const { database, instance } = this.#parts;
    if (database.engine !== 'sqlite') return;
    await database.vital(async (trx) => {
      const former = () => trx<DeliveryRow>('deliveries').whereNotNull('claimed_by').whereNot('claimed_by', instance);
      await former().where('state', 'dropped').delete();
      await former().update({ claimed_by: null, claimed_until: null });
    });
  }

  /**
   * Ends an attempt: changes the row (or removes it, without `change`) and runs `settle` in the same transaction.
   * Answers false, and does neither, when the row was dropped meanwhile or another worker has taken it over.
   */
  async end(id: number, change?: Partial<DeliveryRow>, settle?: (trx: Transaction) => Promise<void>): Promise<boolean> {
    return this.#parts.database.vital(async (trx) => {
      const row = this.#mine(trx).where({ id, state: 'queued' });
      const freed = { claimed_by: null, claimed_until: null };
      const held = await (change === undefined ? row.delete() : row.update({ ...change, ...freed }));
      if (held === 0) await this.#mine(trx).where({ id, state: 'dropped' }).delete();
      if (held === 0) return false;
      await settle?.(trx);
      return true;
    });
  }

  #mine(trx: Transaction) {
    return trx<DeliveryRow>('deliveries').where('claimed_by', this.#parts.instance);
  }
}

/**
 * Takes one row of each peer in the order of the portions, then a second one of each, and so on, so that no peer waits
 * for another's longer queue.
 */
function dealt(rows: readonly DeliveryRow[], portions: readonly Portion[]): DeliveryRow[] {
  const hands = portions.map(({ peer }) => rows.filter((row) => (row.peer_id ?? '') === peer));
  const longest = Math.max(...hands.map((hand) => hand.length));
  return Array.from({ length: longest }, (_, rank) => hands.flatMap((hand) => hand.slice(rank, rank + 1))).flat();
}
