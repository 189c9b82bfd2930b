import type { Knex } from 'knex';

/** The values for the placeholders of a statement. */
export type Value = string | number | Buffer | null;

/** Runs a statement on the driver: synchronously, or with a promise where the driver waits for a server. */
export type Direct = (statement: string, values: readonly Value[]) => unknown[] | Promise<unknown[]>;

const ways = new WeakMap<Knex, () => Direct | undefined>();

/**
 * Registers how statements of a knex instance are run without its query builder; `find` answers undefined while there
 * is no connection.
 */
export function runDirectly(knex: Knex, find: () => Direct | undefined): void {
  ways.set(knex, find);
}

/** How to run statements without the query builder; undefined for transactions, and where that is not possible now. */
export function directOf(q: Knex): Direct | undefined {
  return ways.get(q)?.();
}
