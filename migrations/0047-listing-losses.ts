import type { Migration } from '../src/platform/index.js';

/** Which folders of another cloud were listed with entries that cannot be used: JSON, null where there are none. */
export const listingLosses: Migration = {
  name: '0047-listing-losses',
  async up(trx) {
    await trx.schema.alterTable('mounts', (table) => {
      table.text('losses');
    });
  },
  async down(trx) {
    // Not by knex, see 0008.
    await trx.raw('alter table mounts drop column losses');
  },
};
