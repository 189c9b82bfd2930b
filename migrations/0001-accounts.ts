import type { Migration } from '../src/platform/index.js';

/** Settings of the cloud itself, limiter counters, people, their addresses and sessions. */
export const accounts: Migration = {
  name: '0001-accounts',
  async up(trx) {
    await trx.schema.createTable('meta', (table) => {
      table.text('key').primary();
      table.text('value').notNullable();
    });
    await trx.schema.createTable('limits', (table) => {
      table.text('key').primary();
      table.integer('count').notNullable();
      table.bigInteger('resets_at').notNullable().index();
    });
    await trx.schema.createTable('accounts', (table) => {
      table.text('id').primary();
      table.text('name').notNullable();
      table.text('password_hash');
      table.boolean('is_admin').notNullable().defaultTo(false);
      table.bigInteger('disabled_at');
      // bytes; null follows FOOTBRIDGE_DEFAULT_QUOTA
      table.bigInteger('quota');
      table.bigInteger('used_bytes').notNullable().defaultTo(0);
      table.bigInteger('created_at').notNullable();
    });
    await trx.schema.createTable('addresses', (table) => {
      table.text('account_id').notNullable().references('accounts.id').onDelete('CASCADE');
      table.text('email').notNullable();
      table.text('folded').notNullable();
      table.boolean('is_primary').notNullable().defaultTo(false);
      table.bigInteger('proven_at');
      table.bigInteger('created_at').notNullable();
      table.primary(['account_id', 'folded']);
    });
    // Only a proven address belongs to one account: an unproven claim must not keep its owner out.
    await trx.raw('create unique index addresses_proven on addresses (folded) where proven_at is not null');
    await trx.schema.createTable('address_codes', (table) => {
      table.text('account_id').notNullable().references('accounts.id').onDelete('CASCADE');
      table.text('folded').notNullable();
      // what the code was asked for: a proposal's id or the account page
      table.text('purpose').notNullable();
      table.text('code_hash').notNullable();
      table.integer('tries').notNullable().defaultTo(0);
      table.bigInteger('expires_at').notNullable();
      table.primary(['account_id', 'folded', 'purpose']);
    });
    await trx.schema.createTable('password_links', (table) => {
      table.text('token_hash').primary();
      table.text('account_id').notNullable().references('accounts.id').onDelete('CASCADE');
      table.bigInteger('expires_at').notNullable();
    });
    await trx.schema.createTable('sessions', (table) => {
      table.text('id_hash').primary();
      table.text('account_id').references('accounts.id').onDelete('CASCADE').index();
      table.text('data').notNullable();
      table.bigInteger('expires_at').notNullable().index();
    });
  },
  async down(trx) {
    for (const table of ['sessions', 'password_links', 'address_codes', 'addresses', 'accounts', 'limits', 'meta']) {
      await trx.schema.dropTable(table);
    }
  },
};
