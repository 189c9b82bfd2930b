import type { Migration } from '../src/platform/index.js';

/** Clouds that move: the address that this one's peers were last told, and what a peer said of its own. */
export const peerAddresses: Migration = {
  name: '0036-peer-addresses',
  async up(trx) {
    await trx.schema.createTable('own_address', (table) => {
      // one row
      table.integer('id').primary();
      table.text('url').notNullable();
      table.bigInteger('since').notNullable();
    });
    await trx.schema.alterTable('peers', (table) => {
      // what the peer said, signed, of where it is now; null where that is no news
      table.text('said_address');
      table.bigInteger('said_at');
    });
  },
  async down(trx) {
    // Not by knex, see 0008.
    for (const column of ['said_address', 'said_at']) await trx.raw(`alter table peers drop column ${column}`);
    await trx.schema.dropTable('own_address');
  },
};
