import type { Migration } from '../src/platform/index.js';

/** Small contents, beside the rows that name them: written in the same transaction, so with one sync instead of three. */
export const inlineContents: Migration = {
  name: '0043-inline-contents',
  async up(trx) {
    await trx.schema.createTable('inline_contents', (table) => {
      table.text('key').primary();
      table.integer('size').notNullable();
      table.bigInteger('stored_at').notNullable();
      // in quarantine since then: no row named it
      table.bigInteger('unnamed_since');
      table.binary('bytes').notNullable();
    });
    await trx.raw(
      'create index inline_contents_unnamed on inline_contents (unnamed_since) where unnamed_since is not null',
    );
  },
  async down(trx) {
    const found: unknown = await trx('inline_contents').first('key');
    // The release before looks for every content in the storage folder.
    if (found !== undefined)
      throw new Error('There are small contents in the database: run "footbridge contents move-out" first.');
    await trx.schema.dropTable('inline_contents');
  },
};
