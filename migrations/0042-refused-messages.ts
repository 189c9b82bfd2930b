import type { Migration } from '../src/platform/index.js';

/** The last messages of each peer that were refused, for administrators to read. */
export const refusedMessages: Migration = {
  name: '0042-refused-messages',
  async up(trx) {
    await trx.schema.createTable('refused_messages', (table) => {
      table.bigIncrements('id');
      table.text('peer_id').notNullable().references('peers.id').onDelete('CASCADE');
      // our half of the agreement that it was about; null: none that is known
      table.text('half_id').index();
      table.bigInteger('at').notNullable();
      table.text('call').notNullable();
      table.integer('status').notNullable();
      table.text('reason').notNullable();
      table.index(['peer_id', 'id']);
    });
  },
  async down(trx) {
    await trx.schema.dropTable('refused_messages');
  },
};
