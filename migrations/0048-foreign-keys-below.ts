import type { Migration } from '../src/platform/index.js';
import { isPostgres } from './engine.js';

/** What lies below a path of another cloud is found as a range: SQLite's index on the keys is in that order already. */
export const foreignKeysBelow: Migration = {
  name: '0048-foreign-keys-below',
  async up(trx) {
    if (isPostgres(trx)) {
      await trx.raw('create index foreign_items_below on foreign_items (mount_id, (key collate "C"))');
    }
  },
  async down(trx) {
    await trx.raw('drop index if exists foreign_items_below');
  },
};
