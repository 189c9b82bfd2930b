import type { Migration } from '../src/platform/index.js';

/**
 * When an item was begun beside its place, where nobody sees it until it comes there whole, milliseconds; null for all others. What is
 * begun and left is found by this, no longer by its name.
 */
export const stagedItems: Migration = {
  name: '0077-staged-items',
  async up(trx) {
    await trx.raw('drop index items_staged');
    await trx.raw('alter table items add column staged_at bigint');
    await trx.raw('create index items_staged_since on items (staged_at) where staged_at is not null');
  },
  async down(trx) {
    await trx.raw('drop index items_staged_since');
    // Not by knex, see 0016.
    await trx.raw('alter table items drop column staged_at');
    await trx.raw(`create index items_staged on items (created_at) where substr(name, 1, 9) = '.fb-part-'`);
  },
};
