import type { Migration, Transaction } from '../src/platform/index.js';
import { isPostgres } from './engine.js';

/**
 * Files, folders and received items are listed by a key that is made of their names and compared by its bytes (ruling
 * F-52), along an index for each folder; the root, which has no id, is 0 there.
 */
export const sortKeys: Migration = {
  name: '0054-sort-keys',
  async up(trx) {
    const bytewise = isPostgres(trx) ? 'collate "C"' : '';
    for (const named of TABLES) {
      const { table, index } = named;
      await trx.raw(`alter table ${table} add column sort_key text ${bytewise} not null default ''`);
      await giveKeys(trx, named);
      await trx.raw(`create index ${table}_in_order on ${table} ${index}`);
    }
  },
  async down(trx) {
    for (const { table } of TABLES) {
      await trx.raw(`drop index ${table}_in_order`);
      // Not by knex, see 0016.
      await trx.raw(`alter table ${table} drop column sort_key`);
    }
  },
};

interface Named {
  readonly table: string;
  /** What a row is found again by, and what that is. */
  readonly key: Readonly<Record<string, 'bigint' | 'text'>>;
  /** What tells folders from files. */
  readonly isFolder: string;
  readonly index: string;
}

const FOLDER = 'coalesce(parent_id, 0), sort_key';

const TABLES: readonly Named[] = [
  {
    table: 'items',
    key: { id: 'bigint' },
    isFolder: 'is_folder',
    index: `(owner_id, ${FOLDER}, id) where deleted_at is null`,
  },
  {
    table: 'members',
    key: { folder_id: 'bigint', account_id: 'text' },
    isFolder: '1 = 1',
    index: `(account_id, ${FOLDER}, folder_id)`,
  },
  {
    table: 'mounts',
    key: { id: 'bigint' },
    isFolder: "kind = 'folder'",
    index: `(account_id, ${FOLDER}, id)`,
  },
];

/** Rows that get their keys in one statement. */
const BATCH = 1_000;

type Row = Readonly<Record<string, string | number>> & { readonly name: string; readonly a_folder: boolean | number };

async function giveKeys(trx: Transaction, { table, key, isFolder }: Named): Promise<void> {
  const columns = Object.keys(key);
  const [names, places] = [columns.join(', '), columns.map(() => '?').join(', ')];
  const page = `select ${names}, name, (${isFolder}) as a_folder from ${table}`;
  const order = `order by ${names} limit ${String(BATCH)}`;
  let rows = await rowsOf(trx, `${page} ${order}`, []);
  while (rows.length > 0) {
    await setKeys(trx, { table, key }, rows);
    const last = columns.map((column) => rows.at(-1)?.[column] ?? '');
    rows = await rowsOf(trx, `${page} where (${names}) > (${places}) ${order}`, last);
  }
}

async function setKeys(trx: Transaction, { table, key }: Pick<Named, 'table' | 'key'>, rows: Row[]): Promise<void> {
  const columns = Object.keys(key);
  const casts = [...Object.values(key), 'text'].map((type) => `cast(? as ${type})`).join(', ');
  const values = rows.flatMap((row) => [
    ...columns.map((column) => row[column] ?? ''),
    sortKey(row.name, row.a_folder ? 'folder' : 'file'),
  ]);
  const same = columns.map((column) => `${table}.${column} = named.${column}`).join(' and ');
  await trx.raw(
    `with named (${[...columns, 'sort_key'].join(', ')}) as (values ${rows.map(() => `(${casts})`).join(', ')})
     update ${table} set sort_key = named.sort_key from named where ${same}`,
    values,
  );
}

async function rowsOf(trx: Transaction, statement: string, values: readonly (string | number)[]): Promise<Row[]> {
  const answer = await trx.raw<Row[] | { rows: Row[] }>(statement, [...values]);
  return Array.isArray(answer) ? answer : answer.rows;
}

/*
 * The keys as they were made when this step was written (src/kernel/sort-key.ts), for names that are well formed and have no
 * control characters. A later way of making them needs a step of its own.
 */
const MOST_BYTES = 255;
const PLAIN = /^[ -~]*$/;
const MARKS = /(?=\p{M})\p{Script=Inherited}|\p{Default_Ignorable_Code_Point}/gu;

function sortKey(name: string, kind: 'file' | 'folder'): string {
  const text = short(name);
  const folded = PLAIN.test(text) ? text.toLowerCase() : withoutMarks(text);
  const letters = short(folded.replace(/\p{Nd}+/gu, padded));
  return (kind === 'folder' ? '0' : '1') + (letters === text ? letters : `${letters}\u0001${text}`);
}

function withoutMarks(text: string): string {
  return text.normalize('NFKD').replace(MARKS, '').toUpperCase().toLowerCase();
}

function padded(run: string): string {
  const digits = Array.from(run, valueOf)
    .join('')
    .replace(/^0+(?=\d)/, '');
  return String(digits.length).padStart(3, '0') + digits;
}

function valueOf(digit: string): number {
  const code = digit.codePointAt(0) ?? 0;
  let zero = code;
  while (code - zero < 9 && /^\p{Nd}$/u.test(String.fromCodePoint(zero - 1))) zero -= 1;
  return code - zero;
}

function short(text: string): string {
  const bytes = Buffer.from(text);
  let end = Math.min(bytes.length, MOST_BYTES);
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return end === bytes.length ? text : bytes.toString('utf8', 0, end);
}
