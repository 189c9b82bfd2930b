import type { Migration } from '../src/platform/index.js';

/**
 * The clouds that an invitee may pick are listed along an index, and those that fit an address are found by its domain
 * (ruling F-83). The text of the condition stands in the statements word by word: only then is the partial index used.
 */
export const offeredPeers: Migration = {
  name: '0049-offered-peers',
  async up(trx) {
    await trx.raw(
      'create index peers_offered on peers (name, id) where removed_at is null and blocked_at is null and (outbound_key is not null or allow_unsigned)',
    );
    await trx.schema.createTable('peer_domains', (table) => {
      table.text('domain').notNullable();
      table.text('peer_id').notNullable().references('peers.id').onDelete('CASCADE').index();
      table.primary(['domain', 'peer_id']);
    });
    for (const { id, email_domains: text } of await trx('peers').select<Row[]>('id', 'email_domains')) {
      const rows = domainsIn(text).map((domain) => ({ domain, peer_id: id }));
      if (rows.length > 0) await trx('peer_domains').insert(rows);
    }
  },
  async down(trx) {
    await trx.schema.dropTable('peer_domains');
    await trx.raw('drop index peers_offered');
  },
};

interface Row {
  readonly id: string;
  readonly email_domains: string;
}

/** A row that is damaged suggests its peer to nobody, as before. */
function domainsIn(text: string): string[] {
  try {
    return [...new Set(JSON.parse(text) as string[])];
  } catch {
    return [];
  }
}
