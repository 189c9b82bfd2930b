import type { Migration } from '../src/platform/index.js';

/** The place of a received item in its recipient's tree: their root (null), or one of their own folders. */
export const placedGuests: Migration = {
  name: '0037-placed-guests',
  async up(trx) {
    for (const table of TABLES) {
      await trx.schema.alterTable(table, (change) => {
        change.bigInteger('parent_id');
      });
      await trx.raw(`create index ${table}_placed on ${table} (parent_id) where parent_id is not null`);
    }
    // Names are told apart within one folder.
    await trx.schema.alterTable('mounts', (table) => {
      table.dropUnique(['account_id', 'name']);
    });
    await trx.raw('create unique index mounts_place on mounts (account_id, coalesce(parent_id, 0), name)');
  },
  async down(trx) {
    await trx.raw('drop index mounts_place');
    // Back in the root, two of them may have one name.
    await trx.raw("update mounts set name = name || ' (' || id || ')' where parent_id is not null");
    await trx.schema.alterTable('mounts', (table) => {
      table.unique(['account_id', 'name']);
    });
    for (const table of TABLES) {
      await trx.raw(`drop index ${table}_placed`);
      // Not by knex, see 0008.
      await trx.raw(`alter table ${table} drop column parent_id`);
    }
  },
};

const TABLES = ['members', 'mounts'];
