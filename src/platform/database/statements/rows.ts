import type { Knex } from 'knex';
import { directOf, type Value } from './direct.js';

/**
 * The rows of an SQL text, on every engine. For statements of every request, because building and preparing them each
 * time would cost more than running them. Where {@link directOf} answers a function, a statement is prepared once per
 * connection and run without the query builder; values are checked and listeners called as usual.
 */
export async function rowsOf<Row>(q: Knex, statement: string, values: readonly Value[]): Promise<Row[]> {
  const direct = directOf(q);
  if (direct !== undefined) {
    q.emit('query', { sql: statement, bindings: values });
    return direct(statement, values) as Row[] | Promise<Row[]>;
  }
  const answer = (await q.raw(statement, [...values])) as Row[] | { readonly rows: Row[] };
  return Array.isArray(answer) ? answer : answer.rows;
}

/** The places of so many values in a statement: `?, ?, ?`. */
export function placeholders(count: number): string {
  return new Array<string>(count).fill('?').join(', ');
}

/**
 * Has the query builder write a statement once for each SQL dialect. `write` uses any non-null value for each that
 * {@link rowsOf} gets later, in the order in which they appear in the statement.
 */
export function written(write: (q: Knex) => Knex.QueryBuilder): (q: Knex) => string {
  const known = new Map<string, string>();
  return (q) => {
    const { dialect } = q.client as { readonly dialect: string };
    const text = known.get(dialect) ?? write(q).toSQL().sql;
    known.set(dialect, text);
    return text;
  };
}
