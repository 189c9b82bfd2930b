import type { Database, Queries } from '../../src/platform/index.js';

/** What a table means whichever engine keeps it. */
export interface TableMeaning {
  /** `name: type`, with `?` where a value may be missing. */
  readonly columns: string[];
  readonly primaryKey: string[];
  /** `columns -> table`, with `!` where rows die with the row they refer to. */
  readonly references: string[];
  /** Columns of each unique index, with `*` for an expression; `if` marks a partial one. */
  readonly unique: string[];
}

/** The meaning of every table of a schema, so that two engines can be compared. */
export async function schemaMeaning(database: Database): Promise<Record<string, TableMeaning>> {
  const engine = database.engine === 'sqlite' ? sqlite : postgres;
  const meaning: Record<string, TableMeaning> = {};
  for (const name of await engine.tables(database.read)) meaning[name] = await engine.table(database.read, name);
  return meaning;
}

interface Reader {
  tables(q: Queries): Promise<string[]>;
  table(q: Queries, name: string): Promise<TableMeaning>;
}

const TYPES: Readonly<Record<string, string>> = {
  bigint: 'whole number',
  integer: 'whole number',
  text: 'text',
  boolean: 'truth',
  blob: 'bytes',
  bytea: 'bytes',
};

function column(name: string, type: string, required: boolean): string {
  return `${name}: ${TYPES[type.toLowerCase()] ?? `unknown type ${type}`}${required ? '' : '?'}`;
}

function uniqueOf(columns: readonly (string | null)[], partial: boolean): string {
  return `${columns.map((name) => name ?? '*').join(', ')}${partial ? ' if' : ''}`;
}

const sqlite: Reader = {
  async tables(q) {
    const rows = await q.raw<{ name: string }[]>("select name from sqlite_master where type = 'table' order by name");
    return rows.map((row) => row.name).filter((name) => !name.startsWith('sqlite_'));
  },
  async table(q, name) {
    const columns = await q.raw<{ name: string; type: string; notnull: number; pk: number }[]>(
      `PRAGMA table_info(${name})`,
    );
    const references = await q.raw<{ from: string; table: string; on_delete: string }[]>(
      `PRAGMA foreign_key_list(${name})`,
    );
    return {
      // A primary key of several columns may hold nulls here for reasons of history; nobody relies on it.
      columns: columns.map((one) => column(one.name, one.type, one.notnull === 1 || one.pk > 0)).sort(),
      primaryKey: columns
        .filter((one) => one.pk > 0)
        .sort((a, b) => a.pk - b.pk)
        .map((one) => one.name),
      references: references
        .map((one) => `${one.from} -> ${one.table}${one.on_delete === 'CASCADE' ? '!' : ''}`)
        .sort(),
      unique: await sqliteUnique(q, name),
    };
  },
};

async function sqliteUnique(q: Queries, table: string): Promise<string[]> {
  const indexes = await q.raw<{ name: string; unique: number; origin: string; partial: number }[]>(
    `PRAGMA index_list(${table})`,
  );
  const found: string[] = [];
  for (const index of indexes.filter((one) => one.unique === 1 && one.origin !== 'pk')) {
    const columns = await q.raw<{ name: string | null }[]>(`PRAGMA index_info("${index.name}")`);
    found.push(
      uniqueOf(
        columns.map((one) => one.name),
        index.partial === 1,
      ),
    );
  }
  return found.sort();
}

const postgres: Reader = {
  async tables(q) {
    const { rows } = await q.raw<{ rows: { name: string }[] }>(
      "select tablename as name from pg_tables where schemaname = 'public' order by 1",
    );
    return rows.map((row) => row.name);
  },
  async table(q, name) {
    const columns = await rowsOf<{ name: string; type: string; required: boolean }>(
      q,
      `select column_name as name, data_type as type, is_nullable = 'NO' as required
       from information_schema.columns where table_schema = 'public' and table_name = ?`,
      name,
    );
    const references = await rowsOf<{ column: string; table: string; on_delete: string }>(
      q,
      `select a.attname as column, c.confrelid::regclass::text as table, c.confdeltype as on_delete
       from pg_constraint c join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
       where c.contype = 'f' and c.conrelid = ?::regclass`,
      name,
    );
    const indexes = await postgresUnique(q, name);
    return {
      columns: columns.map((one) => column(one.name, one.type, one.required)).sort(),
      primaryKey: indexes.find((one) => one.primary)?.columns.map(String) ?? [],
      references: references.map((one) => `${one.column} -> ${one.table}${one.on_delete === 'c' ? '!' : ''}`).sort(),
      unique: indexes
        .filter((one) => !one.primary)
        .map((one) => uniqueOf(one.columns, one.partial))
        .sort(),
    };
  },
};

interface PostgresIndex {
  primary: boolean;
  partial: boolean;
  columns: (string | null)[];
}

function postgresUnique(q: Queries, table: string): Promise<PostgresIndex[]> {
  return rowsOf<PostgresIndex>(
    q,
    `select i.indisprimary as primary, i.indpred is not null as partial,
       array(select a.attname::text from unnest(i.indkey) with ordinality k(number, place)
             left join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.number and k.number > 0
             order by k.place) as columns
     from pg_index i where i.indisunique and i.indrelid = ?::regclass`,
    table,
  );
}

async function rowsOf<T>(q: Queries, sql: string, table: string): Promise<T[]> {
  return (await q.raw<{ rows: T[] }>(sql, [table])).rows;
}
