import type { Knex } from 'knex';
import type { Migration } from '../src/platform/index.js';

/**
 * The kind of the shared item and its storage API, in the row of an incoming share. Before, the kind was read from the
 * address each time, and the storage API was the one in the peer's record. The previous release leaves both empty,
 * which still means that.
 */
export const whatSharesName: Migration = {
  name: '0060-what-shares-name',
  async up(trx) {
    await trx.schema.alterTable('incoming_shares', (table) => {
      table.text('kind').notNullable().defaultTo('folder');
      table.text('storage_api').nullable();
    });
    await trx('incoming_shares').update({
      storage_api: trx('peers').select('storage_api').whereRaw('peers.id = incoming_shares.peer_id'),
    });
    await markFiles(trx);
  },
  async down(trx) {
    // Not by knex, see 0008.
    for (const column of ['kind', 'storage_api']) {
      await trx.raw(`alter table incoming_shares drop column ${column}`);
    }
  },
};

async function markFiles(trx: Knex.Transaction): Promise<void> {
  const rows = await trx('incoming_shares')
    .where('resource_url', 'like', '%/file/%')
    .select<{ readonly id: string; readonly resource_url: string }[]>('id', 'resource_url');
  for (const { id, resource_url: address } of rows) {
    if (namesFile(address)) await trx('incoming_shares').where({ id }).update({ kind: 'file' });
  }
}

/** How the address of a file ended at the time of this step. */
function namesFile(address: string): boolean {
  return URL.canParse(address) && /\/file\/[^/]+\/?$/.test(new URL(address).pathname);
}
