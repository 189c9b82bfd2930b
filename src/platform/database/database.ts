import { mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import knexFactory, { type Knex } from 'knex';
import { Failure } from '../../kernel/index.js';
import { connectionsTo } from './postgres/index.js';
import {
  assertDriverLoads,
  JointCommits,
  runPlain,
  type Outcome,
  type PlainConnection,
  type SqliteDriver,
} from './sqlite/index.js';
import {
  keepStatements,
  runInTransaction,
  runNamed,
  runOnConnection,
  type PreparingConnection,
} from './statements/index.js';
import { Lanes, Turns, type TurnsOptions } from '../turns/index.js';
import { judged } from './postgres/storable.js';

/** A way to ask the database: the readers, or a transaction that the caller holds. */
export type Queries = Knex;

/** A transaction that the caller holds; everything written with it commits together. */
export type Transaction = Knex.Transaction;

/** Where the rows live. */
export type DatabaseLocation =
  | { readonly engine: 'sqlite'; readonly file: string; readonly driver: SqliteDriver }
  | { readonly engine: 'postgres'; readonly url: string };

/** The database of a cloud: readers that never wait for writers, and one way to write. */
export interface Database {
  readonly engine: 'sqlite' | 'postgres';
  /** For reading outside a transaction. Never write through it. */
  readonly read: Queries;
  /**
   * Runs `work` in one durable transaction. SQLite begins IMMEDIATE on the single writing connection (reliability.md
   * SQL-01); PostgreSQL repeats `work` up to three times after a deadlock or serialization failure (PG-01), so `work`
   * must have no effect outside the transaction. Never await the network inside. On SQLite, writers that come at the
   * same time share one commit, and each is answered after it; the work of one that throws is rolled back alone
   * (STO-22, STO-23).
   *
   * Writers take turns, fairly by asker. `tree` names the account whose tree is locked first: only one writer per tree
   * goes to the database at a time, so that a lock held elsewhere blocks one connection and not all (PG-01). Throws
   * `too-many` when 64 writers of one asker wait for the same tree, `unavailable` when the turn does not come within
   * two seconds.
   */
  write<T>(work: (trx: Transaction) => Promise<T>, tree?: string): Promise<T>;
  /**
   * Like {@link write}, for work that may take minutes, such as a step of the schema: on PostgreSQL with connections
   * and limits of its own (scale.md 2.3).
   */
  job<T>(work: (trx: Transaction) => Promise<T>): Promise<T>;
  /**
   * Like {@link write}, for work that must succeed on a full disk too: ends, blocks, sign-outs, and what they need
   * (ruling F-62). Other work must not use it, because it would use up the reserve.
   */
  vital<T>(work: (trx: Transaction) => Promise<T>, tree?: string): Promise<T>;
  /**
   * A number that changes with every commit of this or another process; undefined where the engine cannot tell it
   * cheaply. Rows that were read while it stays the same are still current.
   */
  version(): number | undefined;
  /** Closes every connection. */
  close(): Promise<void>;
}

/** Errors quote their statements with placeholders, so that no stored value reaches a log (threat model SEC-02). */
const QUIET_ERRORS = { compileSqlOnError: false } as const;

/** How long a statement waits for another process's lock, milliseconds (SQL-01). */
const BUSY_TIMEOUT = 5_000;

/** Opens the database; the file and its folder are made when missing. Settings are read back and asserted (SQL-01). */
export async function openDatabase(location: DatabaseLocation): Promise<Database> {
  return location.engine === 'sqlite' ? openSqlite(location.file, location.driver) : openPostgres(location.url);
}

async function openSqlite(file: string, driver: SqliteDriver): Promise<Database> {
  assertDriverLoads(driver);
  mkdirSync(dirname(file), { recursive: true });
  const writer = sqliteKnex({ file, driver, synchronous: 'FULL', connections: 1 });
  beginImmediately(writer);
  await assertSqliteSettings(writer);
  // better-sqlite3 answers synchronously: a second reader would never work at the same time as the first.
  const watch: { version?: () => number } = {};
  const read = sqliteKnex({
    file,
    driver,
    synchronous: 'FULL',
    connections: driver === 'sqlite3' ? 4 : 1,
    onConnection: (connection) => {
      watch.version = versionOf(connection);
    },
  });
  const commits = new JointCommits(writer, {
    driver,
    onBegin: (trx, connection) => {
      if (driver === 'better-sqlite3') runInTransaction(judged(trx) as Transaction, connection as PreparingConnection);
    },
  });
  const write = inTurn((work) => commits.enter(work), ONE_WRITER);
  return {
    engine: 'sqlite',
    read,
    // The count is per connection, so it can be used only where there is one.
    version: () => (driver === 'better-sqlite3' ? watch.version?.() : undefined),
    write,
    vital: write,
    job: (work) => write(work),
    close: async () => {
      await read.destroy();
      await writer.destroy();
    },
  };
}

/** How {@link sqliteKnex} opens a file. */
export interface SqliteKnexOptions {
  readonly file: string;
  readonly driver: SqliteDriver;
  readonly synchronous: 'FULL' | 'NORMAL';
  readonly connections: number;
  /** Pages that the write-ahead log gathers before they are moved into the file, with a sync; SQLite's default: 1000. */
  readonly checkpoint?: number;
  /** Is called with each connection of better-sqlite3. */
  readonly onConnection?: (connection: SqliteConnection) => void;
}

type Done = (error: Error | null, connection: SqliteConnection) => void;

/**
 * A knex instance on a SQLite file with WAL, foreign keys and the busy timeout set on each connection. `NORMAL`
 * survives a crash of the process, but not always one of the machine.
 */
export function sqliteKnex(options: SqliteKnexOptions): Knex {
  const pragmas = [
    `PRAGMA busy_timeout = ${String(BUSY_TIMEOUT)}`,
    'PRAGMA journal_mode = WAL',
    `PRAGMA synchronous = ${options.synchronous}`,
    'PRAGMA foreign_keys = ON',
    ...(options.checkpoint === undefined ? [] : [`PRAGMA wal_autocheckpoint = ${String(options.checkpoint)}`]),
  ];
  const knex = judged(
    knexFactory({
      client: options.driver,
      connection: { filename: options.file },
      useNullAsDefault: true,
      ...QUIET_ERRORS,
      pool: {
        min: 0,
        max: options.connections,
        idleTimeoutMillis: 2_147_483_647,
        afterCreate: (connection: SqliteConnection, done: Done) => {
          applyPragmas(options.driver, connection, pragmas).then(
            () => {
              if (options.driver === 'better-sqlite3') {
                keepStatements(connection);
                if (options.connections === 1) runOnConnection(knex, connection);
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
    }),
  );
  return knex;
}

interface SqliteConnection extends PlainConnection, PreparingConnection {}

/** Reads SQLite's own count of what other connections have committed (`PRAGMA data_version`): about a microsecond. */
function versionOf(connection: SqliteConnection): () => number {
  const statement = connection.prepare('PRAGMA data_version') as unknown as { pluck(): { get(): number } };
  const plucked = statement.pluck();
  return () => plucked.get();
}

function applyPragmas(driver: SqliteDriver, connection: SqliteConnection, pragmas: readonly string[]): Promise<void> {
  const sql = pragmas.join(';');
  const run = (): Promise<void> => runPlain(driver, connection, sql);
  return driver === 'better-sqlite3' ? untilFree(run) : run();
}

/**
 * The first process that opens a database changes its journal mode. SQLite does not wait for another process that does
 * so at the same moment, so this function does.
 */
async function untilFree(work: () => Promise<void>): Promise<void> {
  const deadline = performance.now() + BUSY_TIMEOUT;
  for (;;) {
    try {
      await work();
      return;
    } catch (error) {
      const isBusy = String((error as { code?: unknown }).code).startsWith('SQLITE_BUSY');
      if (!isBusy || performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
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

/** The release of SQLite that fixed the WAL-reset defect (reliability.md SQL-01). */
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
  // Names this process among all that share the database, in `pg_stat_activity`.
  const { requests, jobs } = await connectionsTo(url, `${hostname()}-${String(process.pid)}`, QUIET_ERRORS);
  const write = inTurn(async (work) => {
    const value = await retried(() => requests.transaction(work));
    return () => Promise.resolve(value);
  }, WRITERS);
  return {
    engine: 'postgres',
    read: runNamed(requests),
    version: () => undefined,
    write,
    vital: write,
    job: (work) => retried(() => jobs.transaction(work)),
    close: async () => {
      await jobs.destroy();
      await requests.destroy();
    },
  };
}

/** Transactions of requests at once; fewer than connections, so that some are left for readers. */
const WRITERS: TurnsOptions = { atOnce: 8, each: 1 };

/** SQLite has one writer. */
const ONE_WRITER: TurnsOptions = { atOnce: 1, each: 1 };

/** Most writers of one asker that wait for the same tree; more are refused `too-many` (scale.md 2.3). */
const WAITING_FOR_A_TREE = 64;

/**
 * Lets writers wait in memory, fairly, before they take a connection, with which they might wait for a lock. Their turn
 * ends with their work, before the commit that they may share with the next writer.
 */
function inTurn(
  begin: <T>(work: (trx: Transaction) => Promise<T>) => Promise<Outcome<T>>,
  options: TurnsOptions,
): Database['write'] {
  const writers = new Turns(options);
  const trees = new Lanes({ waiting: WAITING_FOR_A_TREE });
  return async (work, tree) => {
    const write = () => writers.during(() => begin(work));
    const outcome = await (tree === undefined ? write() : trees.during(tree, write));
    return outcome();
  };
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
