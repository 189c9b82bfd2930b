import type { Transaction } from '../../src/platform/index.js';

/** A row that the product has written, found by a condition that is true of no other. */
export interface Model {
  readonly table: string;
  readonly where: Readonly<Record<string, string | number | null>>;
}

/**
 * The columns that differ in the copies: expressions over the model row `m` and the number `i` from 0; null: the table
 * fills it in.
 */
export type Differences = Readonly<Record<string, string | null>>;

/** A small table whose rows are used in turn, by its column `k` from 0. */
export interface Turn {
  readonly table: string;
  /** How many rows it has. */
  readonly count: number;
}

/**
 * Inserts copies of a row, or of the few that the condition finds, in one statement: every column is as the product
 * wrote it, but for the differences. With `turn`, expressions can use the row `t` of that table whose turn it is.
 */
export async function copyRows(
  trx: Transaction,
  { table, where }: Model,
  count: number,
  differences: Differences,
  turn?: Turn,
): Promise<void> {
  if (count === 0) return;
  const row = await trx(table).where(where).first<Record<string, unknown> | undefined>();
  if (row === undefined) throw new Error(`no model in ${table}: ${JSON.stringify(where)}`);
  const columns = Object.keys(row).filter((column) => differences[column] !== null);
  const values = columns.map((column) => differences[column] ?? `m.${column}`);
  const names = Object.keys(where);
  const turned = turn === undefined ? '' : ` join ${turn.table} as t on t.k = n.i % ${turn.count}`;
  await trx.raw(
    `insert into ${table} (${columns.join(', ')}) ${numbersBelow(count)}
     select ${values.join(', ')} from n cross join ${table} as m${turned}
     where ${names.map((name) => (where[name] === null ? `m.${name} is null` : `m.${name} = ?`)).join(' and ')}`,
    names.flatMap((name) => where[name] ?? []),
  );
}

/** The numbers from 0, as the column `i` of `n`. */
export function numbersBelow(count: number): string {
  return `with recursive n (i) as (select cast(0 as bigint) union all select i + 1 from n where i < ${count - 1})`;
}

const DIGITS = 12;

/** A number with leading zeros: texts that end in it sort as numbers do, and no number is the end of another. */
export function digits(number: string): string {
  return `substr(cast(${10 ** DIGITS} + (${number}) as text), 2)`;
}

/** A name of a given length: the beginning of the model's name and a number. */
export function like(column: string, length: number, number = 'i'): string {
  return `substr(m.${column}, 1, ${length - DIGITS}) || ${digits(number)}`;
}

/** A time before the model's own: each copy is older than the next one by so many milliseconds. */
export function before(column: string, count: number, apart = 1): string {
  return `m.${column} - (${count} - i) * ${apart}`;
}
