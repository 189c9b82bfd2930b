import type { Migration } from '../src/platform/index.js';

/** Whether what a server of Open Cloud Mesh tells without a proof has us look at the share. */
export const legacyNotifications: Migration = {
  name: '0090-legacy-notifications',
  async up(trx) {
    await trx.schema.alterTable('peer_ocm', (table) => {
      table.boolean('ocm_legacy_notifications').notNullable().defaultTo(false);
    });
  },
  async down(trx) {
    // As SQL: the query builder would make the table anew on SQLite.
    await trx.raw('alter table peer_ocm drop column ocm_legacy_notifications');
  },
};
