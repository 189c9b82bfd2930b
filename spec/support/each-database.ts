import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, onTestFinished } from 'vitest';
import { migrations } from '../../migrations/index.js';
import {
  migrate,
  openDatabase,
  type Database,
  type DatabaseLocation,
  type SqliteDriver,
} from '../../src/platform/index.js';
import { migratedDatabase } from './postgres-pool.js';
import { createDatabase, postgresReason, type SpecDatabase } from './postgres.js';

/** One of the three ways in which a cloud keeps its rows. */
export type Engine = SqliteDriver | 'postgres';

/** What an engine offers the running test; everything opened or made is closed and removed when the test ends. */
export interface Bench {
  readonly engine: Engine;
  /** A database of this test's own with the whole schema. */
  open(): Promise<Database>;
  /** Where such a database is, for tests that open it themselves, several times or in other processes. */
  migrated(): Promise<DatabaseLocation>;
  /** Where a database of this test's own without any table is. */
  empty(): Promise<DatabaseLocation>;
}

const noPostgres = (await postgresReason()) !== undefined;

/**
 * Repeats a block of tests for both SQLite drivers and PostgreSQL, which is skipped, with the reason printed, where
 * this machine has none.
 */
export function eachDatabase(block: (bench: Bench) => void): void {
  describe('on better-sqlite3', () => {
    block(sqliteBench('better-sqlite3'));
  });
  describe('on sqlite3', () => {
    block(sqliteBench('sqlite3'));
  });
  describe.skipIf(noPostgres)('on PostgreSQL', () => {
    block(postgresBench());
  });
}

/**
 * One SQLite driver's bench, for a spec that would be too slow, or proves nothing more, on every engine. Call it where
 * `describe` may be called. Each test gets a copy of a template that is migrated once.
 */
export function sqliteBench(driver: SqliteDriver = 'better-sqlite3'): Bench {
  const migrated = async (): Promise<DatabaseLocation> => {
    template ??= sqliteTemplate();
    const path = await folder();
    await writeFile(fileIn(path), await template);
    return sqliteIn(path, driver);
  };
  return bench(driver, async () => sqliteIn(await folder(), driver), migrated);
}

/** PostgreSQL's bench, likewise. */
function postgresBench(): Bench {
  const migrated = async (): Promise<DatabaseLocation> => postgresOf(await migratedDatabase());
  return bench('postgres', async () => postgresOf(await createDatabase()), migrated);
}

function bench(engine: Engine, empty: Bench['empty'], migrated: Bench['migrated']): Bench {
  return { engine, empty, migrated, open: async () => openForTest(await migrated()) };
}

/** Opens a database and closes it when the running test ends. */
export async function openForTest(location: DatabaseLocation): Promise<Database> {
  const database = await openDatabase(location);
  onTestFinished(() => database.close());
  return database;
}

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'footbridge-spec-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

function fileIn(path: string): string {
  return join(path, 'footbridge.sqlite');
}

function sqliteIn(path: string, driver: SqliteDriver): DatabaseLocation {
  return { engine: 'sqlite', driver, file: fileIn(path) };
}

function postgresOf(database: SpecDatabase): DatabaseLocation {
  onTestFinished(() => database.drop());
  return { engine: 'postgres', url: database.url };
}

/** The bytes of a database with the whole schema, made once by each process of the run. */
let template: Promise<Buffer> | undefined;

async function sqliteTemplate(): Promise<Buffer> {
  const path = await mkdtemp(join(tmpdir(), 'footbridge-template-'));
  await migrateAt(sqliteIn(path, 'better-sqlite3'));
  const bytes = await readFile(fileIn(path));
  await rm(path, { recursive: true });
  return bytes;
}

async function migrateAt(location: DatabaseLocation): Promise<void> {
  const database = await openDatabase(location);
  await migrate(database, migrations);
  await database.close();
}
