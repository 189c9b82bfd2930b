import type { Migration } from '../src/platform/index.js';

/**
 * When the content that an item has was made, which a rename does not move, and when the item itself was. Of what is
 * there already the versions tell; where the first are no longer kept, the oldest that are.
 */
export const contentTimes: Migration = {
  name: '0052-content-times',
  async up(trx) {
    for (const table of TABLES) {
      await trx.schema.alterTable(table, (change) => {
        change.bigInteger('content_at').notNullable().defaultTo(0);
      });
    }
    await trx.schema.alterTable('items', (change) => {
      change.bigInteger('created_at').notNullable().defaultTo(0);
    });
    await trx.raw(`update item_versions set content_at = (${firstWithContentOf('item_versions', 'item_id')})`);
    await trx.raw(`update items set
      content_at = coalesce((${firstWithContentOf('items', 'id')}), modified_at),
      created_at = coalesce((${firstOf('items', 'id')}), modified_at)`);
  },
  async down(trx) {
    // Not by knex, see 0008.
    await trx.raw('alter table items drop column created_at');
    for (const table of TABLES) await trx.raw(`alter table ${table} drop column content_at`);
  },
};

const TABLES = ['items', 'item_versions'];

function firstOf(table: string, id: string): string {
  return `select min(v.modified_at) from item_versions as v where v.item_id = ${table}.${id}`;
}

/** Renames and deletions repeat the content of the version before. */
function firstWithContentOf(table: string, id: string): string {
  return `${firstOf(table, id)} and coalesce(v.content_key, '') = coalesce(${table}.content_key, '')`;
}
