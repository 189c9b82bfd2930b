import type { Clock } from '../kernel/index.js';
import type { Database, Queries, Transaction } from '../platform/index.js';
import type { DeliveryRow } from './row.js';

/** What {@link Claims} are made of. */
export interface ClaimsParts {
  readonly database: Database;
  readonly clock: Clock;
  /** Names this worker among all that ever were. */
  readonly instance: string;
  /** Milliseconds after which the messages of a silent worker are taken over. */
  readonly lease: number;
  /** The one clock that all workers measure leases by. */
  readonly leaseTime: LeaseTime;
}

/** Milliseconds on the clock that leases are measured by. */
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

/** Which messages a claim leaves out, and how many it may take. */
export interface ClaimWish {
  readonly limit: number;
  /** Peers that have no room now; '' stands for messages to nobody. */
  readonly without: readonly string[];
  /** Chooses among candidates, which come in the order of their due times. Must change nothing. */
  readonly pick: (rows: readonly DeliveryRow[]) => DeliveryRow[];
}

/** Who sends which message: leases on rows, so that each is sent by one worker and none is lost with its worker. */
export class Claims {
  readonly #parts: ClaimsParts;
  /** A command that sent nothing has nothing to release, and does not write. */
  #hasTaken = false;

  constructor(parts: ClaimsParts) {
    this.#parts = parts;
  }

  /** Claims due messages, at most the first of each lane. Asks without writing first, as mostly nothing is due. */
  async take(wish: ClaimWish): Promise<DeliveryRow[]> {
    const { database, leaseTime } = this.#parts;
    const seen = await this.#candidates(database.read, await leaseTime(database.read), { ...wish, limit: 1 });
    if (seen.length === 0) return [];
    return database.write((trx) => this.#takeIn(trx, wish));
  }

  async #takeIn(trx: Transaction, wish: ClaimWish): Promise<DeliveryRow[]> {
    const { database, instance, lease, leaseTime } = this.#parts;
    const now = await leaseTime(trx);
    await trx('deliveries').where('state', 'dropped').where('claimed_until', '<=', now).delete();
    const candidates = this.#candidates(trx, now, wish);
    const rows = wish.pick(await (database.engine === 'sqlite' ? candidates : candidates.forUpdate('d').skipLocked()));
    const ids = rows.map((row) => row.id);
    this.#hasTaken ||= ids.length > 0;
    await trx('deliveries')
      .whereIn('id', ids)
      .update({ claimed_by: instance, claimed_until: now + lease });
    return rows;
  }

  /** Due, unclaimed, first of the queue in their lane, and nothing else of that lane under way. */
  #candidates(queries: Queries, leaseNow: number, { limit, without }: Omit<ClaimWish, 'pick'>) {
    const ahead = queries
      .from('deliveries as e')
      .select(queries.raw('1'))
      .whereRaw('e.lane = d.lane')
      .whereRaw("((e.state = 'queued' and e.id < d.id) or (e.state = 'dropped' and e.claimed_until > ?))", [leaseNow]);
    return (
      queries<DeliveryRow>('deliveries as d')
        // Written out, not bound: only then does SQLite use the partial index.
        .whereRaw("d.state = 'queued'")
        .where('d.run_at', '<=', this.#parts.clock.now())
        .whereRaw('(d.claimed_until is null or d.claimed_until <= ?)', [leaseNow])
        .whereNotIn(queries.raw("coalesce(d.peer_id, '')") as unknown as string, without)
        .whereNotExists(ahead)
        .orderBy(['d.run_at', 'd.id'])
        .limit(limit)
        .select<DeliveryRow[]>('d.*')
    );
  }

  /** Lengthens the leases of messages that are still under way. */
  async renew(ids: readonly number[]): Promise<void> {
    const { database, lease, leaseTime } = this.#parts;
    await database.write(async (trx) => {
      const until = (await leaseTime(trx)) + lease;
      await this.#mine(trx).whereIn('id', ids).update({ claimed_until: until });
    });
  }

  /** Gives everything back that this worker still holds, for others to take at once. */
  async release(): Promise<void> {
    if (!this.#hasTaken) return;
    await this.#parts.database.write(async (trx) => {
      await this.#mine(trx).where('state', 'dropped').delete();
      await this.#mine(trx).update({ claimed_by: null, claimed_until: null });
    });
  }

  /**
   * Frees what earlier processes held when they were killed. Only where one process at a time serves the cloud: on
   * SQLite. Several replicas wait for the lease.
   */
  async freeFormer(): Promise<void> {
    const { database, instance } = this.#parts;
    if (database.engine !== 'sqlite') return;
    await database.write(async (trx) => {
      const former = () => trx<DeliveryRow>('deliveries').whereNotNull('claimed_by').whereNot('claimed_by', instance);
      await former().where('state', 'dropped').delete();
      await former().update({ claimed_by: null, claimed_until: null });
    });
  }

  /**
   * Ends an attempt: changes the row (or removes it, without `change`) and runs `settle` in the same transaction.
   * False, and nothing of the two, when the row was dropped meanwhile or another worker has taken it over.
   */
  async end(id: number, change?: Partial<DeliveryRow>, settle?: (trx: Transaction) => Promise<void>): Promise<boolean> {
    return this.#parts.database.write(async (trx) => {
      await this.#mine(trx).where({ id, state: 'dropped' }).delete();
      const row = this.#mine(trx).where({ id, state: 'queued' });
      const freed = { claimed_by: null, claimed_until: null };
      const held = await (change === undefined ? row.delete() : row.update({ ...change, ...freed }));
      if (held === 0) return false;
      await settle?.(trx);
      return true;
    });
  }

  #mine(trx: Transaction) {
    return trx<DeliveryRow>('deliveries').where('claimed_by', this.#parts.instance);
  }
}
