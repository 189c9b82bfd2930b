import pg from 'pg';
import { migrations } from '../../migrations/index.js';
import { migrate, openDatabase } from '../../src/platform/index.js';
import { createDatabase, type SpecDatabase } from './postgres.js';

/** A test that leaves more than this behind has its database dropped, bytes. */
const SMALL = 24 * 1024 * 1024;

/** A database with the whole schema and what the migrations wrote, and what says whether another is like it. */
interface Model {
  readonly database: SpecDatabase;
  /** Of its tables, indexes, statistics and settings. */
  readonly shape: string;
  /** Statements that bring back its rows. */
  readonly reset: string;
}

let model: Promise<Model> | undefined;
const idle: SpecDatabase[] = [];

/**
 * A PostgreSQL database with the whole schema and no rows but the migrations'. `drop` cuts who is still connected and keeps
 * it for the next test of this process, with its rows put back: that takes a tenth of the time of making a new one. One that
 * a test changed otherwise (schema, statistics, settings, much data) is dropped for good.
 */
export async function migratedDatabase(): Promise<SpecDatabase> {
  model ??= makeModel();
  const { database, ...like } = await model;
  const found = idle.pop() ?? (await createDatabase(database));
  return { url: found.url, drop: () => takeBack(found, like) };
}

async function takeBack(database: SpecDatabase, like: Omit<Model, 'database'>): Promise<void> {
  if (await isPutBack(database, like)) idle.push(database);
  else await database.drop();
}

/** False for a database that a test changed beyond its rows. */
async function isPutBack({ url }: SpecDatabase, { shape, reset }: Omit<Model, 'database'>): Promise<boolean> {
  const client = new pg.Client({ connectionString: url });
  try {
    await client.connect();
    await client.query(CUT_OTHERS);
    if ((await shapeOf(client)) !== shape) return false;
    await client.query(reset);
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function makeModel(): Promise<Model> {
  const database = await createDatabase();
  const opened = await openDatabase({ engine: 'postgres', url: database.url });
  await migrate(opened, migrations);
  await opened.close();
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  try {
    return { database, shape: await shapeOf(client), reset: await resetOf(client) };
  } finally {
    await client.end();
  }
}

const OTHERS = 'from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()';

/**
 * Waits up to a second for connections that are being closed: cutting them would raise an error that nobody handles.
 */
const CUT_OTHERS = `
  do $$ begin
    for turn in 1..200 loop
      exit when not exists (select ${OTHERS});
      perform pg_sleep(0.005), pg_stat_clear_snapshot();
    end loop;
    perform pg_terminate_backend(pid, 5000) ${OTHERS};
  end $$`;

async function shapeOf(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ shape: string; size: string }>(`
    select pg_database_size(current_database()) as size, md5(concat(
      (select string_agg(concat_ws(' ', oid, relname, relkind, relnatts, relchecks, reltuples), ',' order by relname)
         from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'i', 'S', 'v')),
      (select count(*) from pg_trigger), (select count(*) from pg_proc),
      (select string_agg(setconfig::text, ',') from pg_db_role_setting where setdatabase <> 0 and setdatabase =
        (select oid from pg_database where datname = current_database())))) as shape`);
  const [{ shape, size } = { shape: '', size: '0' }] = rows;
  return Number(size) > SMALL ? 'large' : shape;
}

/** Rows go in any order: the checks of foreign keys rest meanwhile. */
async function resetOf(client: pg.Client): Promise<string> {
  const { rows: tables } = await client.query<{ name: string }>(
    `select quote_ident(tablename) as name from pg_tables where schemaname = 'public' order by 1`,
  );
  const { rows: sequences } = await client.query<{ name: string; value: string | null; start: string }>(
    `select quote_literal(sequencename) as name, last_value as value, start_value as start
       from pg_sequences where schemaname = 'public'`,
  );
  const written = [];
  for (const { name } of tables) written.push(await rowsBack(client, name));
  return [
    'begin; set local session_replication_role = replica',
    ...tables.map(({ name }) => `delete from ${name}`),
    ...written.filter((statement) => statement !== ''),
    ...sequences.map(
      ({ name, value, start }) => `select setval(${name}, ${value ?? start}, ${String(value !== null)})`,
    ),
    'commit',
  ].join('; ');
}

async function rowsBack(client: pg.Client, table: string): Promise<string> {
  const { rows } = await client.query<{ json: string | null }>(
    `select quote_literal(json_agg(t)::text) as json from ${table} t`,
  );
  const json = rows[0]?.json ?? null;
  if (json === null) return '';
  return `insert into ${table} overriding system value select * from json_populate_recordset(null::${table}, ${json})`;
}
