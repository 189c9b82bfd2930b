import type { Migration } from '../src/platform/index.js';

/** The cloud that an invited person typed in because it was not in the list: the newest one of each share. */
export const wishedClouds: Migration = {
  name: '0033-wished-clouds',
  async up(trx) {
    await trx.schema.createTable('wished_clouds', (table) => {
      table.text('outgoing_id').primary().references('outgoing_shares.id').onDelete('CASCADE');
      // as it was typed; nobody is contacted there
      table.text('address').notNullable();
      table.bigInteger('at').notNullable();
    });
  },
  async down(trx) {
    await trx.schema.dropTable('wished_clouds');
  },
};
