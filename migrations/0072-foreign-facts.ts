import type { Migration } from '../src/platform/index.js';

/**
 * What is remembered of items in other clouds whose protocol does not say it: which version of it this is, and what was
 * said of its content here, for as long as the other cloud calls the content the same. And, of each mount, how its server
 * is to be spoken to.
 */
export const foreignFacts: Migration = {
  name: '0072-foreign-facts',
  async up(trx) {
    await trx.schema.createTable('foreign_facts', (table) => {
      table.bigInteger('mount_id').notNullable().references('mounts.id').onDelete('CASCADE');
      table.text('key').notNullable();
      table.text('kind').notNullable();
      // what stays when it is renamed there; null: the server does not say
      table.text('file_id');
      table.text('tag').notNullable();
      table.bigInteger('size').notNullable();
      // milliseconds, as the server says
      table.bigInteger('changed_at').notNullable();
      table.integer('version').notNullable();
      table.text('status').notNullable();
      table.bigInteger('checksum').notNullable();
      // milliseconds, by the word of whoever brought the content
      table.bigInteger('content_at');
      // milliseconds, a day more or less
      table.bigInteger('seen_at').notNullable();
      table.primary(['mount_id', 'key']);
      table.index(['mount_id', 'file_id']);
      table.index(['mount_id', 'seen_at']);
    });
    await trx.schema.createTable('foreign_manners', (table) => {
      table.bigInteger('mount_id').primary().references('mounts.id').onDelete('CASCADE');
      table.text('manners').notNullable();
    });
  },
  async down(trx) {
    await trx.schema.dropTable('foreign_manners');
    await trx.schema.dropTable('foreign_facts');
  },
};
