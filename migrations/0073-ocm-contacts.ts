import type { Migration } from '../src/platform/index.js';

/**
 * People at servers of Open Cloud Mesh whom somebody here knows through an invitation, and the invitations. Of an invitation
 * only the keyed digest of its token is kept. `own_user_id` is what the other server was told that somebody here is called there;
 * `user_id` what it called its own, letter by letter, and `address_id` the same as addresses are compared.
 */
export const ocmContacts: Migration = {
  name: '0073-ocm-contacts',
  async up(trx) {
    await trx.schema.createTable('ocm_contacts', (table) => {
      table.text('id').primary();
      table.text('account_id').notNullable().references('accounts.id').onDelete('CASCADE');
      table.text('host').notNullable();
      table.text('path').notNullable();
      table.boolean('is_plain').notNullable();
      table.text('user_id').notNullable();
      table.text('address_id').notNullable();
      table.text('own_user_id').notNullable();
      table.text('name').notNullable();
      table.text('email');
      table.bigInteger('created_at').notNullable();
      table.unique(['account_id', 'host', 'path', 'address_id']);
      table.index(['host', 'user_id']);
    });
    await trx.schema.createTable('ocm_invites', (table) => {
      table.text('id').primary();
      table.text('account_id').notNullable().references('accounts.id').onDelete('CASCADE').index();
      table.text('digest').notNullable().unique();
      table.text('note').notNullable();
      table.bigInteger('created_at').notNullable();
      table.bigInteger('expires_at').notNullable().index();
      table.bigInteger('accepted_at');
    });
  },
  async down(trx) {
    await trx.schema.dropTable('ocm_invites');
    await trx.schema.dropTable('ocm_contacts');
  },
};
