import type { Migration } from '../src/platform/index.js';

/** Trusted clouds, OAuth apps and their tokens. */
export const peersAndClients: Migration = {
  name: '0002-peers-and-clients',
  async up(trx) {
    await trx.schema.createTable('peers', (table) => {
      table.text('id').primary();
      table.text('name').notNullable();
      table.text('dialect').notNullable();
      table.text('transport').notNullable();
      table.text('storage_api').notNullable();
      table.text('share_url').notNullable();
      table.text('unshare_url');
      table.text('credentials_url').notNullable();
      // JSON array of origins allowed in resource_url and callback, each with a base path if need be
      table.text('origins').notNullable();
      table.text('email_domains').notNullable().defaultTo('[]');
      table.text('return_url');
      table.boolean('allow_unsigned').notNullable().defaultTo(false);
      table.boolean('credentials_by_get').notNullable().defaultTo(false);
      // the pair with which the peer signs to us; null once it is removed
      table.text('inbound_key').unique();
      table.text('inbound_secret');
      // the pair with which we sign to the peer; null until it is recorded
      table.text('outbound_key');
      table.text('outbound_secret');
      table.bigInteger('blocked_at');
      // shares keep pointing at a removed peer, for history; its secrets are gone and its name is free
      table.bigInteger('removed_at');
      table.bigInteger('created_at').notNullable();
      table.bigInteger('changed_at').notNullable();
    });
    await trx.raw('create unique index peers_name on peers (name) where removed_at is null');
    await trx.schema.createTable('clients', (table) => {
      table.text('id').primary();
      table.text('name').notNullable().unique();
      table.text('consumer_key').notNullable().unique();
      table.text('consumer_secret').notNullable();
      table.text('callback');
      table.boolean('first_party').notNullable().defaultTo(false);
      table.boolean('delegated').notNullable().defaultTo(false);
      table.boolean('forbidden_as_400').notNullable().defaultTo(false);
      table.text('public_key');
      table.bigInteger('created_at').notNullable();
    });
    await trx.schema.createTable('access_tokens', (table) => {
      table.text('id').primary();
      table.text('client_id').notNullable().references('clients.id').onDelete('CASCADE').index();
      table.text('account_id').notNullable().references('accounts.id').onDelete('CASCADE').index();
      // looked up under its consumer's key; the secrets are sealed
      table.text('token').notNullable().unique();
      table.text('secret').notNullable();
      table.bigInteger('created_at').notNullable();
      table.bigInteger('last_used_at');
    });
  },
  async down(trx) {
    for (const table of ['access_tokens', 'clients', 'peers']) await trx.schema.dropTable(table);
  },
};
