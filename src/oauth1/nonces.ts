import { createHash } from 'node:crypto';
import type { Knex } from 'knex';
import { MINUTE, type Clock } from '../kernel/index.js';
import { rowsOf } from '../platform/index.js';

/** Remembers which signed requests were already let in. */
export interface NonceStore {
  /**
   * Records one use, durable against the death of the process before it answers `'fresh'`; `'seen'` when the same four
   * values were recorded before and `expiresAt` (milliseconds) has not passed, also when both calls run at once or in
   * two processes; `'full'` when the consumer has used up its share of the store. `token` is empty when there is none.
   */
  remember(
    consumerKey: string,
    token: string,
    timestamp: number,
    nonce: string,
    expiresAt: number,
  ): Promise<'fresh' | 'seen' | 'full'>;
}

const TABLE = 'nonces';
const INSERT =
  'insert into nonces (id, consumer_key, expires_at) values (?, ?, ?) on conflict (id) do nothing returning id';

/** Creates the table of {@link KnexNonceStore} where it is missing. */
export async function createNonceTable(knex: Knex): Promise<void> {
  if (await knex.schema.hasTable(TABLE)) return;
  await knex.schema.createTable(TABLE, (table) => {
    table.text('id').primary();
    table.text('consumer_key').notNullable();
    table.bigInteger('expires_at').notNullable();
    // Only the purge reads by anything but id: a second index would make every request dearer.
    table.index('expires_at');
  });
}

/** What a {@link KnexNonceStore} works with. */
export interface KnexNonceStoreOptions {
  /** A database that holds the table of {@link createNonceTable}. */
  readonly knex: Knex;
  readonly clock: Clock;
  /** How many nonces one consumer may have in the store at a time, roughly. */
  readonly capPerConsumer?: number;
  /** Hears of a failed purge, which must not refuse the request that happened to trigger it. */
  readonly onPurgeFailed?: (error: unknown) => void;
}

/** Longest life of a nonce: signed at the far end of the window, kept to the near one, and a margin. */
const LONGEST_LIFE = 25 * MINUTE;
/** A web desktop is one consumer for everybody who uses it: some 600 requests a second. */
const DEFAULT_CAP = 1_000_000;

/** A purge is due after this many inserts or a minute; it may remove twice as many rows, so it always catches up. */
const PURGE_EVERY = 500;
const PURGE_BATCH = 2 * PURGE_EVERY;

/**
 * Nonces in a database: one insert per request. On SQLite it lives in a file of its own with `synchronous = NORMAL`,
 * which survives a killed process without a sync per request; on PostgreSQL in the main database.
 */
export class KnexNonceStore implements NonceStore {
  readonly #knex: Knex;
  readonly #clock: Clock;
  readonly #cap: number;
  readonly #onPurgeFailed: (error: unknown) => void;
  readonly #counters = new Map<string, SlidingCount>();
  #insertsSincePurge = 0;
  #lastPurge: number;

  constructor({ knex, clock, capPerConsumer, onPurgeFailed }: KnexNonceStoreOptions) {
    this.#knex = knex;
    this.#clock = clock;
    this.#cap = capPerConsumer ?? DEFAULT_CAP;
    this.#onPurgeFailed = onPurgeFailed ?? (() => undefined);
    this.#lastPurge = clock.now();
  }

  async remember(
    consumerKey: string,
    token: string,
    timestamp: number,
    nonce: string,
    expiresAt: number,
  ): Promise<'fresh' | 'seen' | 'full'> {
    const counter = this.#counterOf(consumerKey);
    if (counter.at(this.#clock.now()) >= this.#cap) return 'full';
    const id = nonceId(consumerKey, token, timestamp, nonce);
    const fresh = await this.#insert({ id, consumer_key: consumerKey, expires_at: expiresAt });
    if (!fresh) return 'seen';
    counter.add(this.#clock.now());
    await this.#purgeWhenDue();
    return 'fresh';
  }

  /** True when the row was not there: the primary key decides between parallel callers. */
  async #insert(row: { id: string; consumer_key: string; expires_at: number }): Promise<boolean> {
    const inserted = await rowsOf(this.#knex, INSERT, [row.id, row.consumer_key, row.expires_at]);
    return inserted.length > 0;
  }

  /** Counted in memory, for each process anew: a bound against floods, not a ledger. */
  #counterOf(consumerKey: string): SlidingCount {
    let counter = this.#counters.get(consumerKey);
    if (counter === undefined) this.#counters.set(consumerKey, (counter = new SlidingCount(LONGEST_LIFE)));
    return counter;
  }

  async #purgeWhenDue(): Promise<void> {
    const now = this.#clock.now();
    this.#insertsSincePurge += 1;
    if (this.#insertsSincePurge < PURGE_EVERY && now - this.#lastPurge < MINUTE) return;
    this.#insertsSincePurge = 0;
    this.#lastPurge = now;
    await this.#purge(now).catch(this.#onPurgeFailed);
  }

  async #purge(now: number): Promise<void> {
    const expired = this.#knex(TABLE)
      .select('id')
      .where('expires_at', '<', now)
      .orderBy('expires_at')
      .limit(PURGE_BATCH);
    await this.#knex(TABLE).whereIn('id', expired).delete();
  }
}

/** Names a use in 64 characters. Lengths come first, so that no two quadruples run together. */
function nonceId(...parts: readonly (string | number)[]): string {
  const hash = createHash('sha256');
  for (const part of parts.map(String)) hash.update(`${String(Buffer.byteLength(part))}:${part}`);
  return hash.digest('hex');
}

/** Roughly how often something happened within the last `span` milliseconds, in constant space. */
class SlidingCount {
  readonly #span: number;
  #start = 0;
  #current = 0;
  #previous = 0;

  constructor(span: number) {
    this.#span = span;
  }

  /** The events of the running span plus the part of the last one that still overlaps. */
  at(now: number): number {
    this.#roll(now);
    return this.#current + this.#previous * (1 - (now - this.#start) / this.#span);
  }

  add(now: number): void {
    this.#roll(now);
    this.#current += 1;
  }

  #roll(now: number): void {
    const spans = Math.floor((now - this.#start) / this.#span);
    if (spans === 0) return;
    this.#previous = spans === 1 ? this.#current : 0;
    this.#current = 0;
    this.#start += spans * this.#span;
  }
}
