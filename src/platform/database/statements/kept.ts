import type { Knex } from 'knex';
import { runDirectly, type Direct, type Value } from './direct.js';

interface PreparedStatement {
  /** Whether it answers rows. */
  readonly reader: boolean;
  all(...values: readonly Value[]): unknown[];
  run(...values: readonly Value[]): unknown;
}

/** What of a connection of better-sqlite3 is used here. */
export interface PreparingConnection {
  readonly open: boolean;
  prepare(sql: string): PreparedStatement;
}

/** Most statements that a connection keeps prepared; all are forgotten when there are more. */
const KEPT_STATEMENTS = 400;

/**
 * knex prepares every statement again, which costs more than running most of them. better-sqlite3 completes a statement
 * before it returns, so one prepared statement can serve all calls with the same text.
 */
export function keepStatements(connection: PreparingConnection): void {
  const prepare = connection.prepare.bind(connection);
  const kept = new Map<string, ReturnType<typeof prepare>>();
  connection.prepare = (sql) => {
    const known = kept.get(sql);
    if (known !== undefined) return known;
    const statement = prepare(sql);
    if (kept.size >= KEPT_STATEMENTS) kept.clear();
    kept.set(sql, statement);
    return statement;
  };
}

/**
 * Runs statements of a knex instance straight on its one connection. Nothing can come between a statement and its answer,
 * so nobody needs to have the connection for it; only transactions do, which this is not for.
 */
export function runOnConnection(knex: Knex, connection: PreparingConnection): void {
  const run: Direct = (statement, values) => connection.prepare(statement).all(...values);
  runDirectly(knex, () => (connection.open ? run : undefined));
}

/**
 * Runs statements of a transaction straight on its connection, those that change something too; once it is over, they go to
 * the builder, which refuses them.
 */
export function runInTransaction(trx: Knex.Transaction, connection: PreparingConnection): void {
  const run: Direct = (statement, values) => {
    const prepared = connection.prepare(statement);
    if (prepared.reader) return prepared.all(...values);
    prepared.run(...values);
    return [];
  };
  runDirectly(trx, () => (trx.isCompleted() ? undefined : run));
}
