import { hash } from 'node:crypto';
import type { Knex } from 'knex';
import { MINUTE, type Clock } from '../kernel/index.js';
import { isDiskFull } from '../platform/index.js';
import { NonceBatches } from './nonce-batches.js';
import { nonceTableOf, type NonceRow, type NonceTable } from './nonce-table.js';
import { SpareNonces } from './spare-nonces.js';

/** Remembers which signed requests were already let in. */
export interface NonceStore {
  /**
   * Records one use, durable against the death of the process before it answers `'fresh'`; `'seen'` when the same four
   * values were recorded before and `expiresAt` (milliseconds) has not passed, also when both calls run at once or in
   * two processes; `'full'` when the consumer has used up its share of the store. `token` is empty when there is none,
   * and `expiresAt` always the same for the same `timestamp`.
   */
  remember(
    consumerKey: string,
    token: string,
    timestamp: number,
    nonce: string,
    expiresAt: number,
  ): Promise<'fresh' | 'seen' | 'full'>;
}

/** What a {@link KnexNonceStore} works with. */
export interface KnexNonceStoreOptions {
  /** A database that holds the table of `createNonceTable`. */
  readonly knex: Knex;
  readonly clock: Clock;
  /** How many nonces one consumer may have in the store at a time, roughly. */
  readonly capPerConsumer?: number;
  /** Is told of a failed purge, which must not make the request fail that happened to trigger it. */
  readonly onPurgeFailed?: (error: unknown) => void;
  /** Is told when uses are kept in memory because the disk is full, and when all of them are stored again. */
  readonly onSpare?: (inMemory: boolean) => void;
}

/** Longest life of a nonce: signed at the far end of the window, kept to the near one, and a margin. */
const LONGEST_LIFE = 25 * MINUTE;
/** A web desktop is one consumer for everybody who uses it: some 600 requests a second. */
const DEFAULT_CAP = 1_000_000;

/**
 * A purge is due after this many inserts or a minute; it may remove twice as many rows, so it always catches up, and is short
 * enough for those who wait meanwhile.
 */
const PURGE_EVERY = 100;
const PURGE_BATCH = 2 * PURGE_EVERY;

/**
 * Nonces in a database: one insert for the requests of one round of the event loop. On SQLite it lives in a file of its
 * own with `synchronous = NORMAL`, which survives a killed process without a sync per request; on PostgreSQL in the main
 * database.
 */
export class KnexNonceStore implements NonceStore {
  readonly #knex: Knex;
  readonly #table: NonceTable;
  readonly #clock: Clock;
  readonly #cap: number;
  readonly #onPurgeFailed: (error: unknown) => void;
  readonly #counters = new Map<string, SlidingCount>();
  readonly #spare: SpareNonces;
  readonly #onSpare: (inMemory: boolean) => void;
  readonly #batches: NonceBatches;
  #insertsSincePurge = 0;
  #lastPurge: number;

  constructor({ knex, clock, capPerConsumer, onPurgeFailed, onSpare }: KnexNonceStoreOptions) {
    this.#spare = new SpareNonces(clock);
    this.#onSpare = onSpare ?? (() => undefined);
    this.#knex = knex;
    this.#table = nonceTableOf(knex);
    this.#batches = new NonceBatches(knex);
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
    const outcome = await this.#insert({ id, consumer_key: consumerKey, expires_at: expiresAt });
    if (outcome !== 'fresh') return outcome;
    counter.add(this.#clock.now());
    if (this.#isPurgeDue()) await this.#purge().catch(this.#onPurgeFailed);
    return 'fresh';
  }

  /** True while uses are kept in memory: a killed process would forget them. */
  get isSpare(): boolean {
    return this.#spare.size > 0;
  }

  /** Writes what memory keeps, a batch at a time, as far as the disk takes it. */
  async settle(): Promise<void> {
    for (let rows = this.#spare.some(PURGE_EVERY); rows.length > 0; rows = this.#spare.some(PURGE_EVERY)) {
      await this.#batches.insertMany(rows);
      this.#spare.forget(rows.map(({ id }) => id));
      if (this.#spare.size === 0) this.#onSpare(false);
    }
  }

  /**
   * Records a use and answers, by the same statement, whether it was there before: of parallel callers one finds it
   * fresh, as the primary key decides.
   */
  async #insert(row: NonceRow): Promise<'fresh' | 'seen' | 'full'> {
    if (this.#spare.has(row.id)) return 'seen';
    try {
      const isNew = await this.#batches.insert(row);
      // A parallel call may have met the full disk in between.
      return isNew && !this.#spare.has(row.id) ? 'fresh' : 'seen';
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      return this.#remember(row);
    }
  }

  /** A full disk must not make signed requests fail (ruling F-62). */
  async #remember(row: NonceRow): Promise<'fresh' | 'seen' | 'full'> {
    const { id, expires_at } = row;
    const written: unknown = await this.#knex(this.#table.name).where({ id, expires_at }).first('id');
    if (written !== undefined || this.#spare.has(row.id)) return 'seen';
    if (this.#spare.size === 0) this.#onSpare(true);
    return this.#spare.add(row.id, row.consumer_key, row.expires_at) ? 'fresh' : 'full';
  }

  /** Counted in the memory of each process: a bound against floods, not an exact count. */
  #counterOf(consumerKey: string): SlidingCount {
    let counter = this.#counters.get(consumerKey);
    if (counter === undefined) this.#counters.set(consumerKey, (counter = new SlidingCount(LONGEST_LIFE)));
    return counter;
  }

  #isPurgeDue(): boolean {
    this.#insertsSincePurge += 1;
    return this.#insertsSincePurge >= PURGE_EVERY || this.#clock.now() - this.#lastPurge >= MINUTE;
  }

  async #purge(): Promise<void> {
    const now = this.#clock.now();
    this.#insertsSincePurge = 0;
    this.#lastPurge = now;
    const { name, key } = this.#table;
    const expired = this.#knex(name).select(key).where('expires_at', '<', now).orderBy('expires_at').limit(PURGE_BATCH);
    await this.#knex(name).whereIn(key, expired).delete();
  }
}

/** Names a use in 64 characters. Lengths come first, so that no two quadruples run together. */
function nonceId(...parts: readonly (string | number)[]): string {
  return hash('sha256', parts.map((part) => `${String(Buffer.byteLength(String(part)))}:${String(part)}`).join(''));
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
