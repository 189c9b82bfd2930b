import type { Migration } from '../src/platform/index.js';

/** What programs keep about items: a name in a namespace, and XML that nobody here reads. */
export const properties: Migration = {
  name: '0057-properties',
  async up(trx) {
    await trx.schema.createTable('properties', (table) => {
      table.bigInteger('item_id').notNullable().references('items.id').onDelete('CASCADE');
      // '' stands for no namespace
      table.text('namespace').notNullable();
      table.text('name').notNullable();
      table.text('xml').notNullable();
      table.primary(['item_id', 'namespace', 'name']);
    });
  },
  async down(trx) {
    await trx.schema.dropTable('properties');
  },
};
