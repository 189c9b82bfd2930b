import type { Migration } from '../src/platform/index.js';

/**
 * Where an item was, and what it was called, before a change took it from there: who keeps a copy of a folder knows it by
 * that name. Null for other changes, and for those of before.
 */
export const placesOfChanges: Migration = {
  name: '0078-places-of-changes',
  async up(trx) {
    await trx.raw('alter table changes add column was_parent bigint');
    await trx.raw('alter table changes add column was_name text');
    await trx.raw('alter table changes add column was_folder integer');
  },
  async down(trx) {
    // Not by knex, see 0016.
    await trx.raw('alter table changes drop column was_folder');
    await trx.raw('alter table changes drop column was_name');
    await trx.raw('alter table changes drop column was_parent');
  },
};
