import type { Migration } from '../src/platform/index.js';

/**
 * What the cloud of a locked file has given for the lock: the file's key there, the word by which that cloud knows the lock,
 * and until when it holds there. Like the tokens of our own locks such a word is no secret: it opens nothing without the
 * credentials of the share, which are sealed.
 */
export const locksPassedOn: Migration = {
  name: '0093-locks-passed-on',
  async up(trx) {
    await trx.schema.alterTable('locks', (table) => {
      table.text('abroad_key');
      table.text('abroad_word');
      table.bigInteger('abroad_ends_at');
    });
  },
  async down(trx) {
    // As SQL: the query builder would make the table anew on SQLite.
    for (const column of ['abroad_key', 'abroad_word', 'abroad_ends_at']) {
      await trx.raw(`alter table locks drop column ${column}`);
    }
  },
};
