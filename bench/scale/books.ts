import { randomBytes } from 'node:crypto';
import path from 'node:path';
import pg from 'pg';
import { openDatabase, type Database, type DatabaseLocation } from '../../src/platform/index.js';
import { startPostgres, type PostgresServer } from '../../spec/support/postgres-server.js';

/** Where a measured cloud keeps its rows. */
export interface Books {
  readonly location: DatabaseLocation;
  /** Settings by which a cloud finds them. */
  readonly env: Readonly<Record<string, string>>;
}

/** Makes the databases of the clouds, and removes them in the end. */
export interface Library {
  booksFor(dataDir: string): Promise<Books>;
  close(): Promise<void>;
}

/** A file of SQLite in each cloud's own folder, or a PostgreSQL of our own with a database for each. */
export async function openLibrary(engine: 'sqlite' | 'postgres'): Promise<Library> {
  if (engine === 'sqlite') return { booksFor: async (dataDir) => fileIn(dataDir), close: async () => undefined };
  const server = await startPostgres();
  return { booksFor: () => databaseAt(server), close: () => server.stop() };
}

/** Opens the rows of a cloud for some work, beside it or while it is down. */
export async function inRows<T>({ location }: Books, work: (database: Database) => Promise<T>): Promise<T> {
  const database = await openDatabase(location);
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}

function fileIn(dataDir: string): Books {
  const file = path.join(dataDir, 'footbridge.sqlite');
  return { location: { engine: 'sqlite', driver: 'better-sqlite3', file }, env: {} };
}

async function databaseAt({ url }: PostgresServer): Promise<Books> {
  const name = `bench_${randomBytes(6).toString('hex')}`;
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`create database ${name}`).finally(() => client.end());
  const own = new URL(url);
  own.pathname = `/${name}`;
  return { location: { engine: 'postgres', url: own.href }, env: { FOOTBRIDGE_DATABASE_URL: own.href } };
}
