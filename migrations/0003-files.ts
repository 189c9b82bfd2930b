import type { Migration } from '../src/platform/index.js';

/** The tree: local items and their versions, members of shared folders, mounts and the id map of foreign items. */
export const files: Migration = {
  name: '0003-files',
  async up(trx) {
    // One series of numbers for local and foreign items, so that an id names one thing in a person's whole tree.
    await trx.schema.createTable('item_ids', (table) => {
      table.bigIncrements('id');
      table.text('space').notNullable();
    });
    await trx.schema.createTable('items', (table) => {
      table.bigInteger('id').primary();
      table.text('owner_id').notNullable().references('accounts.id');
      // null: at the owner's root
      table.bigInteger('parent_id').references('items.id');
      table.text('name').notNullable();
      table.boolean('is_folder').notNullable();
      table.text('status').notNullable();
      table.integer('version').notNullable();
      table.bigInteger('size').notNullable().defaultTo(0);
      table.bigInteger('checksum').notNullable().defaultTo(0);
      table.text('mimetype').notNullable();
      table.text('content_key');
      table.text('sha256');
      table.bigInteger('modified_at').notNullable();
      table.bigInteger('deleted_at');
      // serves a folder's children in the order of their ids, roots included
      table.index(['parent_id', 'owner_id', 'id']);
    });
    await trx.raw(
      'create unique index items_live_name on items (owner_id, coalesce(parent_id, 0), name) where deleted_at is null',
    );
    await trx.schema.createTable('item_versions', (table) => {
      table.bigInteger('item_id').notNullable().references('items.id').onDelete('CASCADE');
      table.integer('version').notNullable();
      table.text('name').notNullable();
      table.bigInteger('parent_id');
      table.text('status').notNullable();
      table.bigInteger('size').notNullable();
      table.bigInteger('checksum').notNullable();
      table.text('mimetype').notNullable();
      table.text('content_key').index();
      table.text('sha256');
      table.bigInteger('modified_at').notNullable();
      table.primary(['item_id', 'version']);
    });
    // What a repeated request with the same Idempotency-Key is answered with (stacksync-api-v2.md 4).
    await trx.schema.createTable('receipts', (table) => {
      table.text('key').primary();
      table.text('digest').notNullable();
      table.bigInteger('item_id').notNullable();
      table.integer('version').notNullable();
      table.bigInteger('expires_at').notNullable().index();
    });
    await trx.schema.createTable('members', (table) => {
      table.bigInteger('folder_id').notNullable().references('items.id').onDelete('CASCADE');
      table.text('account_id').notNullable().references('accounts.id').onDelete('CASCADE').index();
      table.text('permission').notNullable();
      // the folder's name in the member's own root, where a clash gets a number
      table.text('name').notNullable();
      table.bigInteger('expires_at');
      table.bigInteger('joined_at').notNullable();
      table.primary(['folder_id', 'account_id']);
    });
    await trx.schema.createTable('mounts', (table) => {
      table.bigInteger('id').primary();
      table.text('account_id').notNullable().references('accounts.id').onDelete('CASCADE').index();
      table.text('incoming_id').notNullable().unique();
      table.text('name').notNullable();
      table.text('permission').notNullable();
      // the key of the shared folder in the other cloud's file space
      table.text('root_key').notNullable();
      // what the other cloud last said of that folder, so that listing the root asks nobody
      table.text('status').notNullable().defaultTo('NEW');
      table.integer('version').notNullable().defaultTo(1);
      table.bigInteger('modified_at').notNullable();
      table.bigInteger('expires_at');
      table.bigInteger('created_at').notNullable();
      table.unique(['account_id', 'name']);
    });
    await trx.schema.createTable('foreign_items', (table) => {
      table.bigInteger('id').primary();
      table.bigInteger('mount_id').notNullable().references('mounts.id').onDelete('CASCADE');
      table.text('key').notNullable();
      table.unique(['mount_id', 'key']);
    });
  },
  async down(trx) {
    const tables = ['foreign_items', 'mounts', 'members', 'receipts', 'item_versions', 'items', 'item_ids'];
    for (const table of tables) await trx.schema.dropTable(table);
  },
};
