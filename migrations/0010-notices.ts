import type { Migration } from '../src/platform/index.js';

/** Which letters people have turned off, the delivery state of each invitation's mail, and who ended a share. */
export const notices: Migration = {
  name: '0010-notices',
  async up(trx) {
    // a row: this person does without letters of this kind
    await trx.schema.createTable('unwanted_letters', (table) => {
      table.text('account_id').notNullable().references('accounts.id').onDelete('CASCADE');
      table.text('kind').notNullable();
      table.bigInteger('since').notNullable();
      table.primary(['account_id', 'kind']);
    });
    // addresses that want no invitations, as keyed digests: who they are can be tried, but not read
    await trx.schema.createTable('unwanted_invitations', (table) => {
      table.text('address_digest').primary();
      table.bigInteger('since').notNullable();
    });
    // a row: the owner has been told of this trouble, and is not told again while it lasts
    await trx.schema.createTable('told_troubles', (table) => {
      table.text('about').notNullable();
      table.text('trouble').notNullable();
      table.bigInteger('at').notNullable();
      table.primary(['about', 'trouble']);
    });
    await trx.schema.alterTable('outgoing_shares', (table) => {
      // of the invitation's newest mail: queued, sent, refused or unwanted; null: mailed before this step
      table.text('mail_state');
      table.bigInteger('mail_at');
      // who ended it, as in the transition log
      table.text('ended_by');
    });
    await trx.schema.alterTable('incoming_shares', (table) => {
      table.text('ended_by');
    });
  },
  async down(trx) {
    // Not by knex, see 0008.
    await trx.raw('alter table incoming_shares drop column ended_by');
    for (const column of ['mail_state', 'mail_at', 'ended_by']) {
      await trx.raw(`alter table outgoing_shares drop column ${column}`);
    }
    for (const table of ['told_troubles', 'unwanted_invitations', 'unwanted_letters']) {
      await trx.schema.dropTable(table);
    }
  },
};
