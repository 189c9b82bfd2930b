import type { Migration } from '../src/platform/index.js';

/**
 * Contents that are lists of others (storage.md 2). All others stay without a row: what is to be known of them stands with the
 * versions that name them, so no row that exists is touched, however many there are.
 */
export const joinedContents: Migration = {
  name: '0082-joined-contents',
  async up(trx) {
    await trx.schema.createTable('contents', (table) => {
      table.text('key').primary();
      table.bigInteger('size').notNullable();
      // of all its bytes; null: nobody has read them in their order yet
      table.text('sha256');
      table.bigInteger('stored_at').notNullable();
      // in quarantine since then: no row named it
      table.bigInteger('unnamed_since');
    });
    await trx.raw('create index contents_unnamed on contents (unnamed_since) where unnamed_since is not null');
    await trx.raw('create index contents_to_read on contents (stored_at) where sha256 is null');
    await trx.schema.createTable('segments', (table) => {
      table.text('content_key').notNullable().references('contents.key').onDelete('CASCADE');
      // the byte of the whole at which it begins
      table.bigInteger('start').notNullable();
      table.bigInteger('size').notNullable();
      // the content that it is, with its own hash
      table.text('part_key').notNullable().index();
      table.text('sha256').notNullable();
      table.primary(['content_key', 'start']);
    });
  },
  async down(trx) {
    const found: unknown = await trx('contents').first('key');
    // The release before takes a content for the bytes under its key, and what is in parts for lost.
    if (found !== undefined) throw new Error('There are contents in parts: run "footbridge contents move-out" first.');
    await trx.schema.dropTable('segments');
    await trx.schema.dropTable('contents');
  },
};
