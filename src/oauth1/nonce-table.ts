import type { Knex } from 'knex';

/** A use as it is kept. */
export interface NonceRow {
  readonly id: string;
  readonly consumer_key: string;
  readonly expires_at: number;
}

/** How uses are stored in a database. */
export interface NonceTable {
  readonly name: string;
  /** The columns that make a use one of its kind. */
  readonly key: readonly string[];
  /** What stands in the table of one use, in the order of {@link valuesOf}. */
  readonly columns: readonly (keyof NonceRow)[];
  create(knex: Knex): Promise<void>;
}

/**
 * On PostgreSQL, where different releases may share one table: by id. Only the purge reads by another column, so a
 * second index would make every request more expensive.
 */
const BY_ID: NonceTable = {
  name: 'nonces',
  key: ['id'],
  columns: ['id', 'consumer_key', 'expires_at'],
  create: (knex) =>
    knex.schema.createTable('nonces', (table) => {
      table.text('id').primary();
      table.text('consumer_key').notNullable();
      table.bigInteger('expires_at').notNullable();
      table.index('expires_at');
    }),
};

/**
 * On SQLite: in the order in which they expire, without another index. Uses of the same time are stored together, so
 * that a request changes one page instead of one in each of three trees, and a checkpoint writes few pages
 * (docs/decisions 0045).
 */
const BY_TIME: NonceTable = {
  name: 'nonce_uses',
  key: ['expires_at', 'id'],
  columns: ['expires_at', 'id'],
  create: async (knex) => {
    await knex.raw(
      `create table nonce_uses (expires_at integer not null, id text not null, primary key (expires_at, id)) without rowid`,
    );
    // Uses that an earlier release has recorded still count.
    if (!(await knex.schema.hasTable('nonces'))) return;
    await knex.raw('insert into nonce_uses (expires_at, id) select expires_at, id from nonces');
    await knex.schema.dropTable('nonces');
  },
};

/** How uses lie in the database that a knex instance is for. */
export function nonceTableOf(knex: Knex): NonceTable {
  const { dialect } = knex.client as { readonly dialect: string };
  return dialect === 'postgresql' ? BY_ID : BY_TIME;
}

/** Whether the table of uses is there. */
export async function hasNonceTable(knex: Knex): Promise<boolean> {
  return knex.schema.hasTable(nonceTableOf(knex).name);
}

/** Creates the table of uses where it is missing; whole, or not at all. */
export async function createNonceTable(knex: Knex): Promise<void> {
  if (await hasNonceTable(knex)) return;
  await knex.transaction((trx) => nonceTableOf(trx).create(trx));
}
