import type { Migration } from '../src/platform/index.js';

/**
 * In which dialect a share was made, where it is not the peer's own: a peer may speak Open Cloud Mesh beside another one. Of
 * such a share the address of its recipient is kept as it is sent, and at the destination who sent it for its owner, and
 * whether nobody has proven where it came from. The names of received shares are found without their peer, because a
 * notification does not say whose it is before it is proven.
 */
export const sharesOfOpenCloudMesh: Migration = {
  name: '0069-shares-of-open-cloud-mesh',
  async up(trx) {
    await trx.schema.alterTable('outgoing_shares', (table) => {
      table.text('dialect');
      table.text('recipient_address');
      table.text('problem');
    });
    await trx.schema.alterTable('incoming_shares', (table) => {
      table.text('dialect');
      table.text('recipient_address');
      table.text('sender');
      table.boolean('is_unverified').notNullable().defaultTo(false);
    });
    await trx.raw("create index incoming_shares_ocm on incoming_shares (share_id) where dialect = 'ocm'");
  },
  async down(trx) {
    await trx.raw('drop index incoming_shares_ocm');
    // Not by knex, see 0008.
    for (const column of ['is_unverified', 'sender', 'recipient_address', 'dialect']) {
      await trx.raw(`alter table incoming_shares drop column ${column}`);
    }
    for (const column of ['problem', 'recipient_address', 'dialect']) {
      await trx.raw(`alter table outgoing_shares drop column ${column}`);
    }
  },
};
