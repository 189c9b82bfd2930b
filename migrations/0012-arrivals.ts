import type { Migration } from '../src/platform/index.js';

/** What of a file that another cloud shares is shown without asking that cloud: what it was when it was last asked. */
export const arrivals: Migration = {
  name: '0012-arrivals',
  async up(trx) {
    await trx.schema.alterTable('mounts', (table) => {
      table.text('kind').notNullable().defaultTo('folder');
      table.bigInteger('size').notNullable().defaultTo(0);
      table.bigInteger('checksum').notNullable().defaultTo(0);
      table.text('mimetype').notNullable().defaultTo('inode/directory');
      table.text('etag').notNullable().defaultTo('');
    });
  },
  async down(trx) {
    // knex would make the table anew, which SQLite refuses while others refer to it.
    for (const column of COLUMNS) await trx.raw(`alter table mounts drop column ${column}`);
  },
};

const COLUMNS = ['kind', 'size', 'checksum', 'mimetype', 'etag'];
