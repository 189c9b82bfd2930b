import type { Migration } from '../src/platform/index.js';

/** Access that apps ask for and people have not given yet, or have given and the app has not fetched. */
export const oauthDance: Migration = {
  name: '0005-oauth-dance',
  async up(trx) {
    await trx.schema.createTable('temporary_credentials', (table) => {
      table.text('id').primary();
      table.text('client_id').notNullable().references('clients.id').onDelete('CASCADE').index();
      table.text('token').notNullable().unique();
      // sealed
      table.text('secret').notNullable();
      // where the browser goes afterwards; null shows the verifier instead (oob)
      table.text('callback');
      // who gave the access; null while nobody has
      table.text('account_id').references('accounts.id').onDelete('CASCADE').index();
      table.text('verifier_hash');
      table.integer('misses').notNullable().defaultTo(0);
      table.bigInteger('expires_at').notNullable().index();
    });
  },
  async down(trx) {
    await trx.schema.dropTable('temporary_credentials');
  },
};
