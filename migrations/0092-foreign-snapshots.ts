import type { Migration } from '../src/platform/index.js';

/** What folders of other clouds held when somebody who keeps a copy asked last: those clouds do not say what has changed. */
export const foreignSnapshots: Migration = {
  name: '0092-foreign-snapshots',
  async up(trx) {
    await trx.schema.createTable('foreign_snapshots', (table) => {
      table.bigInteger('folder_id').primary();
      table.bigInteger('mount_id').notNullable().references('mounts.id').onDelete('CASCADE');
      // of the newest state in it
      table.bigInteger('number').notNullable();
      table.text('content').notNullable();
      // bytes
      table.integer('size').notNullable();
      // milliseconds, a day more or less
      table.bigInteger('used_at').notNullable();
      table.index(['mount_id', 'used_at', 'folder_id', 'size']);
      table.index(['used_at', 'folder_id', 'size']);
    });
  },
  async down(trx) {
    await trx.schema.dropTable('foreign_snapshots');
  },
};
