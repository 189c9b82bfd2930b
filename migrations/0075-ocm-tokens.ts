import type { Migration } from '../src/platform/index.js';

/** The short-lived tokens for which other servers exchanged the secrets of shares: one for each share, the newest. */
export const ocmTokens: Migration = {
  name: '0075-ocm-tokens',
  async up(trx) {
    await trx.schema.createTable('ocm_tokens', (table) => {
      table.text('outgoing_id').primary().references('outgoing_shares.id').onDelete('CASCADE');
      // the name of the agreement for which it was given
      table.text('share_id').notNullable();
      table.text('digest').notNullable().unique();
      table.bigInteger('expires_at').notNullable().index();
    });
  },
  async down(trx) {
    await trx.schema.dropTable('ocm_tokens');
  },
};
