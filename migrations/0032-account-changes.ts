import type { Migration } from '../src/platform/index.js';

/**
 * Changes of who can sign in to an account, and its addresses before each, so that it can be restored for seven days.
 */
export const accountChanges: Migration = {
  name: '0032-account-changes',
  async up(trx) {
    await trx.schema.createTable('account_changes', (table) => {
      table.text('token_hash').primary();
      table.text('account_id').notNullable().references('accounts.id').onDelete('CASCADE').index();
      // a sentence, as the mail says it
      table.text('change').notNullable();
      // JSON: the rows of `addresses` as they were before the change
      table.text('addresses').notNullable();
      table.bigInteger('at').notNullable();
      table.bigInteger('expires_at').notNullable().index();
    });
  },
  async down(trx) {
    await trx.schema.dropTable('account_changes');
  },
};
