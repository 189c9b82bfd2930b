import type { Migration } from '../src/platform/index.js';

/** Whether a received share is a file or a folder shows only when it is opened: many servers call everything a file. */
export const kindsThatShowLater: Migration = {
  name: '0081-kinds-that-show-later',
  async up(trx) {
    await trx.schema.alterTable('incoming_shares', (table) => {
      table.boolean('is_kind_open').notNullable().defaultTo(false);
    });
    // What waits was stored as a folder whatever was said.
    const waiting = { dialect: 'ocm', kind: 'folder' };
    await trx('incoming_shares')
      .where(waiting)
      .whereIn('state', ['pending', 'accepted'])
      .update({ is_kind_open: true });
  },
  async down(trx) {
    // Not by knex, see 0008.
    await trx.raw('alter table incoming_shares drop column is_kind_open');
  },
};
