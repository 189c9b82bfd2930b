import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import knexFactory, { type Knex } from 'knex';
import type pg from 'pg';
import { Failure } from '../kernel/index.js';

/** A way to ask the database: the readers, or a transaction that the caller holds. */
export type Queries = Knex;

/** A transaction that the caller holds; everything written with it commits together. */
export type Transaction = Knex.Transaction;

/** The two packages that can open a SQLite file (docs/decisions: better-sqlite3 is the default). */
export type SqliteDriver = 'better-sqlite3' | 'sqlite3';

/** Where the rows live. */
export type DatabaseLocation =
  | { readonly engine: 'sqlite'; readonly file: string; readonly driver: SqliteDriver }
  | { readonly engine: 'postgres'; readonly url: string };

/** The one database of a cloud: readers that never wait for writers, and one way to write. */
export interface Database {
  readonly engine: 'sqlite' | 'postgres';
  /** For reading outside a transaction. Never write through it. */
  readonly read: Queries;
  /**
   * Runs `work` in one durable transaction. SQLite begins IMMEDIATE on the single writing connection (reliability.md
   * SQL-01); PostgreSQL repeats `work` up to three times after a deadlock or serialization failure (PG-01), so `work`
   * must have no effect outside the transaction. Never await the network inside.
   */
  write<T>(work: (trx: Transaction) => Promise<T>): Promise<T>;
  /**
   * A number that differs as soon as anybody, in this process or another, has committed something since; undefined where
   * the engine cannot tell for next to nothing. What was read while it stays the same is still true.
   */
  version(): number | undefined;
  /** Closes every connection. */
  close(): Promise<void>;
}

/** An error quotes its statement with placeholders, so that no stored value reaches a log (threat model SEC-02). */
const QUIET_ERRORS = { compileSqlOnError: false } as const;

/** How long a statement waits for another process's lock, milliseconds (SQL-01). */
const BUSY_TIMEOUT = 5_000;

/** Opens the database; the file and its folder are made when missing. Settings are read back and asserted (SQL-01). */
export async function openDatabase(location: DatabaseLocation): Promise<Database> {
  return location.engine === 'sqlite' ? openSqlite(location.file, location.driver) : openPostgres(location.url);
}

async function openSqlite(file: string, driver: SqliteDriver): Promise<Database> {
  mkdirSync(dirname(file), { recursive: true });
  const writer = sqliteKnex({ file, driver, synchronous: 'FULL', connections: 1 });
  beginImmediately(writer);
  await assertSqliteSettings(writer);
  // better-sqlite3 answers synchronously: a second reader would never be busy at the same time as the first.
  const watch: { version?: () => number } = {};
  const read = sqliteKnex({
    ...{ file, driver, synchronous: 'FULL', connections: driver === 'sqlite3' ? 4 : 1 },
    onConnection: (connection) => {
      watch.version = versionOf(connection);
    },
  });
  return {
    engine: 'sqlite',
    read,
    // Each connection counts for itself: only one that is alone can be asked.
    version: () => (driver === 'better-sqlite3' ? watch.version?.() : undefined),
    write: (work) => writer.transaction(work),
    close: async () => {
      await read.destroy();
      await writer.destroy();
    },
  };
}

/**
 * A knex instance on a SQLite file with WAL, foreign keys and the busy timeout set on each connection.
 * `NORMAL` survives the death of the process but not always that of the machine.
 */
export function sqliteKnex(options: {
  file: string;
  driver: SqliteDriver;
  synchronous: 'FULL' | 'NORMAL';
  connections: number;
  /** Pages that the write-ahead log gathers before they are moved into the file, with a sync; SQLite's default: 1000. */
  checkpoint?: number;
  /** Told of each connection of better-sqlite3. */
  onConnection?: (connection: SqliteConnection) => void;
}): Knex {
  const pragmas = [
    `PRAGMA busy_timeout = ${String(BUSY_TIMEOUT)}`,
    'PRAGMA journal_mode = WAL',
    `PRAGMA synchronous = ${options.synchronous}`,
    'PRAGMA foreign_keys = ON',
    ...(options.checkpoint === undefined ? [] : [`PRAGMA wal_autocheckpoint = ${String(options.checkpoint)}`]),
  ];
  return knexFactory({
    client: options.driver,
    connection: { filename: options.file },
    useNullAsDefault: true,
    ...QUIET_ERRORS,
    pool: {
      min: 0,
      max: options.connections,
      idleTimeoutMillis: 2_147_483_647,
      afterCreate: (
        connection: SqliteConnection,
        done: (error: Error | null, connection: SqliteConnection) => void,
      ) => {
        applyPragmas(options.driver, connection, pragmas).then(
          () => {
            if (options.driver === 'better-sqlite3') {
              keepStatements(connection);
              options.onConnection?.(connection);
            }
            done(null, connection);
          },
          (error: unknown) => {
            done(error instanceof Error ? error : new Error(String(error)), connection);
          },
        );
      },
    },
  });
}

/** What both drivers' connections can do: run a few statements without results. */
interface SqliteConnection {
  exec(sql: string, done?: (error: Error | null) => void): unknown;
  prepare(sql: string): unknown;
}

/** Reads SQLite's own count of what other connections have committed (`PRAGMA data_version`): about a microsecond. */
function versionOf(connection: SqliteConnection): () => number {
  const statement = connection.prepare('PRAGMA data_version') as { pluck(): { get(): number } };
  const plucked = statement.pluck();
  return () => plucked.get();
}

/** Most statements that a connection keeps prepared; all are forgotten when there are more. */
const KEPT_STATEMENTS = 400;

/**
 * knex prepares every statement anew, which costs more than running most of them. better-sqlite3 runs a statement to
 * its end before it returns, so one prepared statement can serve every call with the same text.
 */
function keepStatements(connection: SqliteConnection): void {
  const prepare = connection.prepare.bind(connection);
  const kept = new Map<string, unknown>();
  connection.prepare = (sql) => {
    const known = kept.get(sql);
    if (known !== undefined) return known;
    const statement = prepare(sql);
    if (kept.size >= KEPT_STATEMENTS) kept.clear();
    kept.set(sql, statement);
    return statement;
  };
}

function applyPragmas(driver: SqliteDriver, connection: SqliteConnection, pragmas: readonly string[]): Promise<void> {
  const sql = pragmas.join(';');
  if (driver === 'better-sqlite3') {
    connection.exec(sql);
    return Promise.resolve();
  }
  return new Promise((resolve, reject) => {
    connection.exec(sql, (error) => {
      if (error === null) resolve();
      else reject(error);
    });
  });
}

/** The part of knex's transaction object that decides how it begins. */
interface Beginner {
  begin(connection: unknown): unknown;
  query(connection: unknown, sql: string): unknown;
}

/**
 * Makes every outermost transaction begin IMMEDIATE. A deferred one that read first fails at once with BUSY_SNAPSHOT
 * when another process wrote meanwhile, whatever the busy timeout (reliability.md section 7). knex has no setting.
 */
function beginImmediately(writer: Knex): void {
  const client = writer.client as { transaction: (...parameters: unknown[]) => Beginner };
  const original = client.transaction.bind(client);
  client.transaction = (...parameters) => {
    const transaction = original(...parameters);
    transaction.begin = (connection) => transaction.query(connection, 'BEGIN IMMEDIATE;');
    return transaction;
  };
}

/** The release that mended the WAL-reset defect (reliability.md SQL-01). */
const SOUND_SQLITE = [3, 51, 3] as const;

async function assertSqliteSettings(writer: Knex): Promise<void> {
  const pragma = async (name: string): Promise<unknown> => {
    const rows: unknown = await writer.raw(`PRAGMA ${name}`);
    const first: unknown = Array.isArray(rows) ? rows[0] : rows;
    return first === undefined || first === null ? undefined : Object.values(first)[0];
  };
  const found = {
    journal_mode: await pragma('journal_mode'),
    synchronous: await pragma('synchronous'),
    foreign_keys: await pragma('foreign_keys'),
    busy_timeout: await pragma('busy_timeout'),
  };
  const wanted = { journal_mode: 'wal', synchronous: 2, foreign_keys: 1, busy_timeout: BUSY_TIMEOUT };
  if (JSON.stringify(found) !== JSON.stringify(wanted)) {
    throw new Failure('internal', 'SQLite did not take its settings.', { detail: JSON.stringify(found) });
  }
  const [row] = await writer.raw<{ version: string }[]>('select sqlite_version() as version');
  const version = (row?.version ?? '0').split('.').map(Number);
  if (isOlder(version, SOUND_SQLITE)) {
    throw new Failure('internal', `SQLite ${version.join('.')} can damage its files; 3.51.3 or newer is needed.`);
  }
}

function isOlder(version: readonly number[], limit: readonly number[]): boolean {
  for (const [index, part] of limit.entries()) {
    const own = version[index] ?? 0;
    if (own !== part) return own < part;
  }
  return false;
}

async function openPostgres(url: string): Promise<Database> {
  const db = await postgresKnex(url);
  return {
    engine: 'postgres',
    read: db,
    version: () => undefined,
    write: (work) => retried(() => db.transaction(work)),
    close: () => db.destroy(),
  };
}

/** Requests are answered 503 within 3 s when PostgreSQL is away (PG-01), milliseconds. */
const CONNECT_TIMEOUT = 2_000;
const ACQUIRE_TIMEOUT = 2_500;

type TypeId = Parameters<typeof pg.types.getTypeParser>[0];

/** A knex instance on PostgreSQL whose bigint columns arrive as numbers: everything we keep there is below 2^53. */
async function postgresKnex(url: string): Promise<Knex> {
  // Not at the top: loading it takes a tenth of a start, and most clouds keep SQLite.
  const { default: pg } = await import('pg');
  const types = {
    getTypeParser: (oid: TypeId, format?: 'text' | 'binary'): unknown =>
      oid === pg.types.builtins.INT8 ? Number : (pg.types.getTypeParser(oid, format ?? 'text') as unknown),
  };
  return knexFactory({
    client: 'pg',
    ...QUIET_ERRORS,
    connection: { connectionString: url, types, connectionTimeoutMillis: CONNECT_TIMEOUT } as Knex.PgConnectionConfig,
    pool: { min: 0, max: 10 },
    acquireConnectionTimeout: ACQUIRE_TIMEOUT,
  });
}

const RETRYABLE = new Set(['40001', '40P01']);

async function retried<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (tries > 3 || !RETRYABLE.has(sqlState(error))) throw error;
    }
  }
}

function sqlState(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}

/** True when a statement failed because a row with the same unique value exists, on either engine. */
export function isUniqueViolation(error: unknown): boolean {
  const code = sqlState(error);
  if (code === '23505' || code.startsWith('SQLITE_CONSTRAINT_UNIQUE') || code === 'SQLITE_CONSTRAINT_PRIMARYKEY')
    return true;
  return code === 'SQLITE_CONSTRAINT' && error instanceof Error && error.message.includes('UNIQUE');
}
