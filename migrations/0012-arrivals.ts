import type { Migration } from '../src/platform/index.js';

/**
 * The last known metadata of a file that another cloud shares, which is shown without asking that cloud. And which
 * grants came unsigned: they count once they have worked.
 */
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
    await trx.schema.alterTable('incoming_shares', (table) => {
      table.boolean('grant_is_unsigned').notNullable().defaultTo(false);
    });
  },
  async down(trx) {
    await trx.raw('alter table incoming_shares drop column grant_is_unsigned');
    // knex would make the table anew, which SQLite refuses while others refer to it.
    for (const column of COLUMNS) await trx.raw(`alter table mounts drop column ${column}`);
  },
};

const COLUMNS = ['kind', 'size', 'checksum', 'mimetype', 'etag'];
