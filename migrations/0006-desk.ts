import type { Migration } from '../src/platform/index.js';

/** What desktops keep beside the files: comments and locks of items, calendars and events of accounts. */
export const desk: Migration = {
  name: '0006-desk',
  async up(trx) {
    // true: the other cloud keeps comments and locks of what it shares, as its metadata says
    await trx.schema.alterTable('mounts', (table) => {
      table.boolean('keeps_desk').notNullable().defaultTo(false);
    });
    // One row per item that was ever commented on: which second is free, and with which mount its comments go.
    await trx.schema.createTable('comment_threads', (table) => {
      table.bigInteger('item_id').primary();
      table.bigInteger('mount_id').references('mounts.id').onDelete('CASCADE').index();
      table.bigInteger('last_at').notNullable();
    });
    await trx.schema.createTable('comments', (table) => {
      table.bigInteger('item_id').notNullable().references('comment_threads.item_id').onDelete('CASCADE');
      // whole seconds, in milliseconds
      table.bigInteger('created_at').notNullable();
      // who it was, and from which cloud (null: this one); what desktops say of users and clouds is data
      table.text('actor').notNullable();
      table.text('home');
      table.text('user_name').notNullable();
      table.text('cloud').notNullable();
      table.text('text').notNullable();
      table.primary(['item_id', 'created_at']);
    });
    await trx.schema.createTable('locks', (table) => {
      table.bigInteger('item_id').primary();
      table.bigInteger('mount_id').references('mounts.id').onDelete('CASCADE').index();
      table.text('actor').notNullable().index();
      table.text('home');
      table.text('user_name').notNullable();
      table.text('cloud').notNullable();
      table.text('ipserver').notNullable();
      table.text('datetime').notNullable();
      table.boolean('is_open').notNullable();
      table.integer('minutes').notNullable();
      table.bigInteger('touched_at').notNullable();
    });
    await trx.schema.createTable('calendars', (table) => {
      table.bigIncrements('id');
      table.text('account_id').notNullable().references('accounts.id').onDelete('CASCADE');
      for (const field of ['user', 'name', 'cloud', 'description', 'timezone', 'status']) {
        table.text(field).notNullable();
      }
      table.unique(['account_id', 'user', 'cloud', 'name']);
    });
    await trx.schema.createTable('calendar_events', (table) => {
      table.bigIncrements('id');
      table.text('account_id').notNullable().references('accounts.id').onDelete('CASCADE');
      for (const field of ['user', 'calendar', 'cloud', 'timestart', 'timeend', 'isallday', ...DETAILS, 'status']) {
        table.text(field).notNullable();
      }
      table.unique(['account_id', 'user', 'cloud', 'calendar', 'timestart', 'timeend', 'isallday']);
    });
  },
  async down(trx) {
    const tables = ['calendar_events', 'calendars', 'locks', 'comments', 'comment_threads'];
    for (const table of tables) await trx.schema.dropTable(table);
    // knex would make the table anew, which SQLite refuses while others refer to it.
    await trx.raw('alter table mounts drop column keeps_desk');
  },
};

const DETAILS = ['repetition', 'finaltype', 'finalvalue', 'subject', 'location', 'description', 'repeattype'];
