import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import createKnex, { type Knex } from 'knex';
import { onTestFinished } from 'vitest';
import type { Clock, Random } from '../../src/kernel/index.js';
import { createNonceTable, KnexNonceStore, type NonceStore } from '../../src/oauth1/index.js';

/** The instant that the fixtures were signed at, seconds. */
export const NOW = 1_418_000_000;

/** A clock that moves only when a test moves it. */
export interface HandClock extends Clock {
  advance(seconds: number): void;
}

export function handClock(seconds = NOW): HandClock {
  let now = seconds * 1_000;
  return { now: () => now, advance: (by) => (now += by * 1_000) };
}

/** Bytes that look random and are the same in every run. */
export function seededRandom(seed = 'seed'): Random {
  let count = 0;
  return {
    bytes(size) {
      const blocks = Array.from({ length: Math.ceil(size / 32) }, () =>
        createHash('sha256')
          .update(`${seed}:${String((count += 1))}`)
          .digest(),
      );
      return Buffer.concat(blocks).subarray(0, size);
    },
  };
}

/** A way to open a database file; PostgreSQL joins this list through the shared support. */
export interface Engine {
  readonly name: string;
  open(file: string): Knex;
}

export const SQLITE_ENGINES: readonly Engine[] = [
  {
    name: 'better-sqlite3',
    open: (file) => openSqlite('better-sqlite3', file, (connection: SyncConnection) => connection.exec(PRAGMAS)),
  },
  {
    name: 'sqlite3',
    open: (file) =>
      openSqlite('sqlite3', file, (connection: CallbackConnection, done) => connection.exec(PRAGMAS, done)),
  },
];

const PRAGMAS = 'pragma journal_mode = wal; pragma synchronous = normal; pragma busy_timeout = 5000;';

interface SyncConnection {
  exec(sql: string): void;
}

interface CallbackConnection {
  exec(sql: string, done: (error: Error | null) => void): void;
}

type Done = (error: Error | null) => void;

function openSqlite<C>(client: string, filename: string, prepare: (connection: C, done: Done) => void): Knex {
  return createKnex({
    client,
    connection: { filename },
    useNullAsDefault: true,
    pool: {
      min: 1,
      max: 1,
      afterCreate(connection: C, done: (error: Error | null, connection: C) => void) {
        const finish: Done = (error) => done(error, connection);
        prepare(connection, finish);
        if (client === 'better-sqlite3') finish(null);
      },
    },
  });
}

/** A folder that is gone when the test ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'oauth1-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A store on a fresh in-memory database. */
export async function openNonces(
  clock: Clock,
  capPerConsumer = 1_000,
): Promise<NonceStore & { count(): Promise<number> }> {
  const knex = createKnex({ client: 'better-sqlite3', connection: { filename: ':memory:' }, useNullAsDefault: true });
  onTestFinished(() => knex.destroy());
  await createNonceTable(knex);
  const store = new KnexNonceStore({ knex, clock, capPerConsumer });
  return {
    remember: (...use) => store.remember(...use),
    count: async () => Number((await knex('nonce_uses').count({ rows: '*' }))[0]?.['rows']),
  };
}
