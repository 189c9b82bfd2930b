import type { Migration } from '../src/platform/index.js';

/** Hashes that the sender of a content has shown for it beside ours, as `SHA1:<hex>` with blanks between; null: none. */
export const hashesOfContents: Migration = {
  name: '0079-hashes-of-contents',
  async up(trx) {
    await trx.raw('alter table items add column hashes text');
    await trx.raw('alter table item_versions add column hashes text');
  },
  async down(trx) {
    // Not by knex, see 0016.
    await trx.raw('alter table item_versions drop column hashes');
    await trx.raw('alter table items drop column hashes');
  },
};
