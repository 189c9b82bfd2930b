import type { Migration } from '../src/platform/index.js';

/** A receipt knows what the first request uploaded, so that a repeat with other bytes is not answered as that one. */
export const receiptContents: Migration = {
  name: '0025-receipt-contents',
  async up(trx) {
    await trx.schema.alterTable('receipts', (table) => {
      // hex; null: the request brought no content, or an earlier release answered it
      table.text('sha256').nullable();
    });
  },
  async down(trx) {
    await trx.schema.alterTable('receipts', (table) => {
      table.dropColumn('sha256');
    });
  },
};
