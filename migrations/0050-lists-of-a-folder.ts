import type { Migration } from '../src/platform/index.js';

/**
 * Who can open one folder, and what became of its invitations, is listed along an index, page by page (ruling F-83).
 * The texts of the conditions stand in the statements word by word: only then are the partial indexes used.
 */
export const listsOfAFolder: Migration = {
  name: '0050-lists-of-a-folder',
  async up(trx) {
    for (const [name, on] of Object.entries(INDEXES)) await trx.raw(`create index ${name} on ${on}`);
  },
  async down(trx) {
    for (const name of Object.keys(INDEXES).reverse()) await trx.raw(`drop index ${name}`);
  },
};

const NEWS = 'outgoing_shares (folder_id, changed_at, id)';

const INDEXES = {
  members_joined: 'members (folder_id, joined_at, account_id)',
  outgoing_shares_opened: `${NEWS} where state = 'active'`,
  outgoing_shares_offered: `${NEWS} where state in ('created', 'sent', 'accepted')`,
  outgoing_shares_past: `${NEWS} where state in ('declined', 'withdrawn', 'expired', 'revoked', 'left')`,
};
