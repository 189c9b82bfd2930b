import type { Migration } from '../src/platform/index.js';

/**
 * What administrators did to peers, what was last noticed of each peer, and the transition log in the order of time.
 */
export const audit: Migration = {
  name: '0011-audit',
  async up(trx) {
    await trx.schema.createTable('peer_events', (table) => {
      table.bigIncrements('id');
      // kept as long as the row of the peer, which outlives its removal
      table.text('peer_id').notNullable().references('peers.id').onDelete('CASCADE').index();
      table.text('event').notNullable();
      // an account, or who else did it, as in share_events
      table.text('actor').notNullable();
      table.text('note').notNullable().defaultTo('');
      table.bigInteger('at').notNullable().index();
    });
    await trx.schema.createTable('peer_conditions', (table) => {
      table.text('peer_id').primary().references('peers.id').onDelete('CASCADE');
      // seconds by which its clock was ahead of ours when that last mattered
      table.integer('clock_ahead').notNullable().defaultTo(0);
      table.bigInteger('clock_seen_at');
      // calls to it rest (reliability.md PEER-02)
      table.bigInteger('resting_since');
      table.bigInteger('resting_until');
    });
    await trx.schema.alterTable('share_events', (table) => {
      table.index(['at']);
    });
  },
  async down(trx) {
    await trx.schema.alterTable('share_events', (table) => {
      table.dropIndex(['at']);
    });
    await trx.schema.dropTable('peer_conditions');
    await trx.schema.dropTable('peer_events');
  },
};
