import type { Migration } from '../src/platform/index.js';

/** When an item of another cloud was last seen: of too many, those that were not seen for longest give up their ids. */
export const foreignItemsSeen: Migration = {
  name: '0027-foreign-items-seen',
  async up(trx) {
    await trx.schema.alterTable('foreign_items', (table) => {
      // milliseconds, a day more or less
      table.bigInteger('seen_at').notNullable().defaultTo(0);
      table.index(['mount_id', 'seen_at', 'id']);
    });
  },
  async down(trx) {
    await trx.schema.alterTable('foreign_items', (table) => {
      table.dropIndex(['mount_id', 'seen_at', 'id']);
      table.dropColumn('seen_at');
    });
  },
};
