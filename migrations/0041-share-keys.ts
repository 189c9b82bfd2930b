import type { Knex } from 'knex';
import type { Migration } from '../src/platform/index.js';

/**
 * What the name of a peer's share is compared by, where that is not its spelling: NEC clouds spell one GUID in several
 * ways. The spelling stays, for what is sent to them and for the release before this step.
 */
export const shareKeys: Migration = {
  name: '0041-share-keys',
  async up(trx) {
    await trx.schema.alterTable('incoming_shares', (table) => {
      table.text('share_key');
    });
    await keyOldRows(trx);
    await trx.raw(
      'create unique index incoming_shares_key on incoming_shares (peer_id, coalesce(share_key, share_id))',
    );
  },
  async down(trx) {
    await trx.raw('drop index incoming_shares_key');
    // Not by knex, see 0008.
    await trx.raw('alter table incoming_shares drop column share_key');
  },
};

interface Row {
  readonly id: string;
  readonly peer_id: string;
  readonly share_id: string;
}

/**
 * One GUID in two spellings made two shares before: the one that is spelt like its key keeps it, else it goes to the one
 * that lasts, else to the newest.
 */
async function keyOldRows(trx: Knex.Transaction): Promise<void> {
  const rows = await trx('incoming_shares as share')
    .join('peers as peer', 'peer.id', 'share.peer_id')
    .where('peer.dialect', 'nec')
    .orderByRaw("case when share.state in ('pending', 'accepted', 'active') then 0 else 1 end")
    .orderBy('share.created_at', 'desc')
    .select<Row[]>('share.id', 'share.peer_id', 'share.share_id');
  const taken = new Set(rows.filter(({ share_id: name }) => canonical(name) === name).map(nameOf));
  for (const row of rows) {
    const key = canonical(row.share_id);
    const name = nameOf({ ...row, share_id: key });
    if (key === row.share_id || taken.has(name)) continue;
    taken.add(name);
    await trx('incoming_shares').where({ id: row.id }).update({ share_key: key });
  }
}

function nameOf({ peer_id: peer, share_id: name }: Pick<Row, 'peer_id' | 'share_id'>): string {
  return JSON.stringify([peer, name]);
}

/** Lower case with hyphens, as at the time of this step. */
function canonical(text: string): string {
  const digits = text.replace(/^\{(.*)\}$|^\((.*)\)$/, '$1$2').toLowerCase();
  if (!/^(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32})$/.test(digits)) return text;
  return digits.replaceAll('-', '').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
