import type { Migration } from '../src/platform/index.js';

/**
 * Properties and binding locks of items in another cloud: for the person who sees them behind a mount, with which they go.
 * `locks.around`: the folders that contain such an item, nearest first, as ids with a blank between; null for items of this
 * cloud. `items_staged` finds what was on its way to its place when a process died.
 */
export const keptAbroad: Migration = {
  name: '0061-kept-abroad',
  async up(trx) {
    await trx.schema.createTable('foreign_properties', (table) => {
      table.bigInteger('item_id').notNullable();
      table.bigInteger('mount_id').notNullable().references('mounts.id').onDelete('CASCADE').index();
      // '' stands for no namespace
      table.text('namespace').notNullable();
      table.text('name').notNullable();
      table.text('xml').notNullable();
      table.primary(['item_id', 'namespace', 'name']);
    });
    await trx.schema.alterTable('locks', (table) => {
      table.text('around');
    });
    await trx.raw(`create index items_staged on items (created_at) where substr(name, 1, 9) = '.fb-part-'`);
  },
  async down(trx) {
    await trx.raw('drop index items_staged');
    await trx('locks').whereNotNull('around').delete();
    // Not by knex, see 0016.
    await trx.raw('alter table locks drop column around');
    await trx.schema.dropTable('foreign_properties');
  },
};
