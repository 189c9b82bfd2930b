import type { Migration } from '../src/platform/index.js';
import { isPostgres } from './engine.js';

/**
 * People, peers and apps are listed along an index, page by page, whatever stands in a folder of a person's as well, and
 * messages are found by the beginning of their lane (ruling F-83, scale.md 4). The texts of the conditions stand in the
 * statements word by word: only then are the partial indexes used.
 */
export const namesInLists: Migration = {
  name: '0038-names-in-lists',
  async up(trx) {
    for (const [name, on] of Object.entries(INDEXES)) await trx.raw(`create index ${name} on ${on}`);
    // SQLite's index on the lanes is in this order already.
    if (isPostgres(trx)) await trx.raw('create index deliveries_lanes on deliveries (lane collate "C")');
  },
  async down(trx) {
    await trx.raw('drop index if exists deliveries_lanes');
    for (const name of Object.keys(INDEXES).reverse()) await trx.raw(`drop index ${name}`);
  },
};

const LIVE = 'removed_at is null';

const INDEXES = {
  addresses_listed: 'addresses (folded, account_id) where is_primary',
  accounts_administrators: 'accounts (id) where is_admin',
  clients_listed: 'clients (name, id)',
  mounts_listed: 'mounts (account_id, parent_id, id)',
  members_listed: 'members (account_id, parent_id, folder_id)',
  peers_listed: `peers (name, id) where ${LIVE}`,
  peers_blocked: `peers (name) where ${LIVE} and blocked_at is not null`,
  peers_insecure: `peers (name) where ${LIVE} and (allow_unsigned or credentials_by_get)`,
  peers_addressed: `peers (rtrim(share_url, '/')) where ${LIVE}`,
  peers_awaited: `peers (probed_at) where ${LIVE} and probe_outcome = 'awaited'`,
};
