import type { Migration } from '../src/platform/index.js';

/**
 * What is made in other clouds beside its place, or makes way for something new there, until it is moved on: it is shown to
 * nobody here, and what a crash has left is found again (webdav.md 1.8).
 */
export const stagedAbroad: Migration = {
  name: '0086-staged-abroad',
  async up(trx) {
    await trx.schema.createTable('staged_abroad', (table) => {
      table.bigInteger('mount_id').notNullable().references('mounts.id').onDelete('CASCADE');
      table.text('name').notNullable();
      // the folder in which it is made
      table.bigInteger('parent_id').notNullable().index();
      // what it is called otherwise, if it was there before and makes way
      table.text('own_name');
      // null: it is not known whether it was made
      table.bigInteger('item_id').index();
      // of a file, as the other cloud called it when it was made
      table.bigInteger('size');
      table.text('tag');
      table.bigInteger('begun_at').notNullable();
      // from then on it is taken for left by a crash
      table.bigInteger('due_at').notNullable().index();
      table.primary(['mount_id', 'name']);
    });
  },
  async down(trx) {
    await trx.schema.dropTable('staged_abroad');
  },
};
