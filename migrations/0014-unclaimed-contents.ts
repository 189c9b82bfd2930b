import type { Migration } from '../src/platform/index.js';

/**
 * Contents that were in the storage folder when this database took it over, and that none of its rows refers to: the
 * sweep leaves them to an administrator (docs/decisions 0028).
 */
export const unclaimedContents: Migration = {
  name: '0014-unclaimed-contents',
  async up(trx) {
    await trx.schema.createTable('unclaimed_contents', (table) => {
      table.text('content_key').primary();
    });
  },
  async down(trx) {
    await trx.schema.dropTable('unclaimed_contents');
  },
};
