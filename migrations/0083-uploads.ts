import type { Migration } from '../src/platform/index.js';

/**
 * Uploads that can be resumed: what was begun, for which place, and the pieces that have come (storage.md 2). What they have
 * reserved of a quota stands with the account, whose row every change reads anyway.
 */
export const uploads: Migration = {
  name: '0083-uploads',
  async up(trx) {
    await trx.raw('alter table accounts add column upload_bytes bigint not null default 0');
    await trx.schema.createTable('uploads', (table) => {
      table.text('id').primary();
      // in the words of `actorOf`
      table.text('actor').notNullable().index();
      table.text('owner_id').notNullable().references('accounts.id').onDelete('CASCADE').index();
      // with a name: the folder, 0 for the root; without: the file that gets new content
      table.bigInteger('target_id').notNullable();
      table.text('name');
      // whether pieces come one after the other, or by numbers
      table.boolean('is_ordered').notNullable();
      // null: nobody knows
      table.bigInteger('length');
      // bytes of the content that it replaces
      table.bigInteger('freed').notNullable();
      table.bigInteger('received').notNullable();
      // accepted so far, those that were replaced included
      table.integer('pieces').notNullable();
      table.bigInteger('reserved').notNullable();
      table.bigInteger('expires_at').notNullable().index();
      // what it has become, once it is finished
      table.bigInteger('item_id');
      table.integer('version');
    });
    await trx.schema.createTable('upload_parts', (table) => {
      table.text('upload_id').notNullable().references('uploads.id').onDelete('CASCADE');
      table.integer('number').notNullable();
      table.text('content_key').notNullable().index();
      table.bigInteger('size').notNullable();
      table.text('sha256').notNullable();
      table.bigInteger('checksum').notNullable();
      table.text('mimetype').notNullable();
      table.primary(['upload_id', 'number']);
    });
  },
  async down(trx) {
    // What was uploaded so far is named by nothing then, and goes with the next sweeps.
    await trx.schema.dropTable('upload_parts');
    await trx.schema.dropTable('uploads');
    // Not by knex, see 0016.
    await trx.raw('alter table accounts drop column upload_bytes');
  },
};
