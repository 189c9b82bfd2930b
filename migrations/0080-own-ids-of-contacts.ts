import type { Migration } from '../src/platform/index.js';

/** An index: by what a server was told that somebody here is called, its shares find them after their address has changed. */
export const ownIdsOfContacts: Migration = {
  name: '0080-own-ids-of-contacts',
  async up(trx) {
    await trx.schema.alterTable('ocm_contacts', (table) => {
      table.index(['host', 'own_user_id']);
    });
  },
  async down(trx) {
    await trx.schema.alterTable('ocm_contacts', (table) => {
      table.dropIndex(['host', 'own_user_id']);
    });
  },
};
