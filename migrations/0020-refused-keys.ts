import type { Migration } from '../src/platform/index.js';

/**
 * Since when another cloud refuses the grant of a share, and how many refusals in a row there were: a share ends only
 * when that lasts. And the same as a mark on the mount, for the recipient's tree.
 */
export const refusedKeys: Migration = {
  name: '0020-refused-keys',
  async up(trx) {
    await trx.schema.alterTable('incoming_shares', (table) => {
      table.bigInteger('refused_since').nullable();
      table.integer('refusals').notNullable().defaultTo(0);
    });
    await trx.schema.alterTable('mounts', (table) => {
      table.boolean('refused').notNullable().defaultTo(false);
    });
  },
  async down(trx) {
    // knex would make the tables anew, which SQLite refuses while others refer to them.
    await trx.raw('alter table mounts drop column refused');
    for (const column of ['refused_since', 'refusals']) {
      await trx.raw(`alter table incoming_shares drop column ${column}`);
    }
  },
};
