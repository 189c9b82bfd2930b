import { Failure } from '../../kernel/index.js';
import type { Database, Transaction } from './database.js';

/** One step of the schema. Steps are only added at the end; each can be rolled back. */
export interface Migration {
  readonly name: string;
  up(trx: Transaction): Promise<void>;
  down(trx: Transaction): Promise<void>;
}

const LEDGER = 'schema_steps';
const ADVISORY_LOCK = 4_747_001;

/**
 * Takes every missing step, all in one transaction: two processes that start together migrate once, and a process
 * killed half way leaves nothing behind (reliability.md OPS-02, OPS-03, K14). Answers the names taken.
 *
 * knex's own migrator is not used, because its lock is a row that a killed process leaves behind.
 */
export async function migrate(database: Database, migrations: readonly Migration[]): Promise<string[]> {
  if (await isCurrent(database, migrations)) return [];
  return underSchemaLock(database, async (trx) => {
    const done = await ledger(trx);
    const missing = migrations.filter((migration) => !done.includes(migration.name));
    for (const migration of missing) {
      await migration.up(trx);
      await trx(LEDGER).insert({ name: migration.name });
    }
    return missing.map((migration) => migration.name);
  });
}

/** Takes back the newest step; answers its name, or undefined when none is left. */
export async function rollback(database: Database, migrations: readonly Migration[]): Promise<string | undefined> {
  return underSchemaLock(database, async (trx) => {
    const done = await ledger(trx);
    const name = done.at(-1);
    if (name === undefined) return undefined;
    const migration = migrations.find((candidate) => candidate.name === name);
    if (migration === undefined) throw new Failure('conflict', `This program does not know the schema step ${name}.`);
    await migration.down(trx);
    await trx(LEDGER).where({ name }).delete();
    return name;
  });
}

/** True when no step is missing. */
export async function isCurrent(database: Database, migrations: readonly Migration[]): Promise<boolean> {
  if (!(await database.read.schema.hasTable(LEDGER))) return false;
  const rows = await database.read<{ name: string }>(LEDGER).select('name');
  const done = new Set(rows.map((row) => row.name));
  return migrations.every((migration) => done.has(migration.name));
}

/**
 * Runs `work` while no other process of this database does the same: everything that makes or changes a schema, also of
 * another file, uses this lock. On SQLite it is the one writer.
 */
export async function underSchemaLock<T>(database: Database, work: (trx: Transaction) => Promise<T>): Promise<T> {
  return database.job(async (trx) => {
    if (database.engine === 'postgres') await trx.raw('select pg_advisory_xact_lock(?)', [ADVISORY_LOCK]);
    return work(trx);
  });
}

async function ledger(trx: Transaction): Promise<string[]> {
  if (!(await trx.schema.hasTable(LEDGER))) {
    await trx.schema.createTable(LEDGER, (table) => {
      table.increments('number');
      table.text('name').notNullable().unique();
    });
  }
  const rows = await trx<{ name: string }>(LEDGER).select('name').orderBy('number');
  return rows.map((row) => row.name);
}
