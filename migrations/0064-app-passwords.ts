import type { Migration } from '../src/platform/index.js';

/**
 * Passwords that a person gives to one program each (WebDAV and other clients that speak HTTP Basic). `digest`: the keyed
 * digest of the password, by which it is found; the password itself is stored nowhere (SEC-01).
 */
export const appPasswords: Migration = {
  name: '0064-app-passwords',
  async up(trx) {
    await trx.schema.createTable('app_passwords', (table) => {
      table.text('id').primary();
      table.text('account_id').notNullable().references('accounts.id').onDelete('CASCADE').index();
      table.text('name').notNullable();
      table.text('digest').notNullable().unique();
      table.bigInteger('created_at').notNullable();
      table.bigInteger('last_used_at');
    });
  },
  async down(trx) {
    await trx.schema.dropTable('app_passwords');
  },
};
