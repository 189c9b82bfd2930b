import type { Migration } from '../src/platform/index.js';

/** How two clouds become peers by a one-time code, how peers change their keys, and how they were last found to be. */
export const joining: Migration = {
  name: '0008-joining',
  async up(trx) {
    await trx.schema.alterTable('peers', (table) => {
      // the pair before the newest one that we issued; it still proves the peer until the newest is used
      table.text('previous_inbound_key').index();
      table.text('previous_inbound_secret');
      // null: until the peer has said that it took the newest
      table.bigInteger('previous_inbound_until');
      table.bigInteger('probed_at');
      table.text('probe_outcome');
      // when a probe last found everything well
      table.bigInteger('well_at');
    });
    // requests of ours, waiting for the other cloud's administrator
    await trx.schema.createTable('joins', (table) => {
      table.text('id').primary();
      table.text('origin').notNullable();
      table.text('name').notNullable();
      // JSON: what the other cloud said of itself when it was asked
      table.text('document').notNullable();
      table.text('code_digest').notNullable();
      table.integer('tries').notNullable().defaultTo(0);
      table.text('actor').notNullable();
      table.bigInteger('created_at').notNullable();
      table.bigInteger('expires_at').notNullable();
      // once it was confirmed: as whom, by which content, and the answer, sealed, for repeats
      table.text('peer_id').references('peers.id').onDelete('CASCADE');
      table.text('content_digest');
      table.text('answer');
    });
    // requests of others, waiting for our administrator
    await trx.schema.createTable('join_requests', (table) => {
      table.text('id').primary();
      table.text('join_id').notNullable();
      table.text('discovery').notNullable();
      table.text('origin').notNullable().index();
      table.text('name').notNullable();
      // JSON: what was read at its own address; null before that and when it failed
      table.text('document');
      table.bigInteger('read_at');
      // the pair that it will get, made when it is first approved; the secret is sealed
      table.text('issued_key');
      table.text('issued_secret');
      table.bigInteger('created_at').notNullable();
      table.bigInteger('expires_at').notNullable();
      table.unique(['origin', 'join_id']);
    });
  },
  async down(trx) {
    await trx.schema.dropTable('join_requests');
    await trx.schema.dropTable('joins');
    await trx.schema.alterTable('peers', (table) => {
      table.dropIndex(['previous_inbound_key']);
    });
    // knex would make the table anew, which SQLite refuses while others refer to it, or which takes their rows along.
    for (const column of COLUMNS) await trx.raw(`alter table peers drop column ${column}`);
  },
};

const COLUMNS = [
  'previous_inbound_key',
  'previous_inbound_secret',
  'previous_inbound_until',
  'probed_at',
  'probe_outcome',
  'well_at',
];
