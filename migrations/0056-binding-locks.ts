import type { Migration } from '../src/platform/index.js';

/**
 * Locks that bind, beside those that desktops take, as rows of the same table. A desktop's row is as it was, one an item by
 * `item_id`, so the release before works on; a binding one has `bound_id` instead, so there can be several an item.
 * `accounts.locked_until`: until when a binding lock in that tree can hold at most; null: there is none.
 */
export const bindingLocks: Migration = {
  name: '0056-binding-locks',
  async up(trx) {
    await trx.raw('create table locks_before as select * from locks');
    await trx.schema.dropTable('locks');
    await trx.schema.createTable('locks', (table) => {
      table.bigIncrements('id');
      table.bigInteger('item_id').unique();
      table.bigInteger('bound_id').index();
      table.bigInteger('mount_id').references('mounts.id').onDelete('CASCADE').index();
      table.text('tree').references('accounts.id').onDelete('CASCADE').index();
      table.text('token').unique();
      table.boolean('is_shared').notNullable().defaultTo(false);
      table.boolean('is_deep').notNullable().defaultTo(false);
      table.boolean('is_folder').notNullable().defaultTo(false);
      table.text('note');
      table.bigInteger('ends_at').index();
      for (const name of ['actor', 'home', 'user_name', 'cloud', 'ipserver', 'datetime']) {
        const column = table.text(name);
        if (name !== 'home') column.notNullable();
      }
      table.boolean('is_open').notNullable();
      table.integer('minutes').notNullable();
      table.bigInteger('touched_at').notNullable();
      table.index('actor');
    });
    await trx.raw(`insert into locks (${KEPT}) select ${KEPT} from locks_before order by item_id`);
    await trx.schema.dropTable('locks_before');
    await trx.schema.alterTable('accounts', (table) => {
      table.bigInteger('locked_until');
    });
  },
  async down(trx) {
    // Not by knex, see 0016.
    await trx.raw('alter table accounts drop column locked_until');
    await trx('locks').whereNull('item_id').delete();
    await trx.raw(`create table locks_before as select ${KEPT} from locks`);
    await trx.schema.dropTable('locks');
    await trx.schema.createTable('locks', (table) => {
      table.bigInteger('item_id').primary();
      table.bigInteger('mount_id').references('mounts.id').onDelete('CASCADE').index();
      table.text('actor').notNullable().index();
      table.text('home');
      for (const name of ['user_name', 'cloud', 'ipserver', 'datetime']) table.text(name).notNullable();
      table.boolean('is_open').notNullable();
      table.integer('minutes').notNullable();
      table.bigInteger('touched_at').notNullable();
    });
    await trx.raw(`insert into locks (${KEPT}) select ${KEPT} from locks_before order by item_id`);
    await trx.schema.dropTable('locks_before');
  },
};

/** What a lock has had since 0006. */
const KEPT = [
  ...['item_id', 'mount_id', 'actor', 'home', 'user_name', 'cloud', 'ipserver', 'datetime'],
  ...['is_open', 'minutes', 'touched_at'],
].join(', ');
