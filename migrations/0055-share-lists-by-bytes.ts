import type { Migration } from '../src/platform/index.js';
import { isPostgres } from './engine.js';

/**
 * Shares whose news are of the same millisecond are listed in the order of their ids, which several lists that become one
 * are compared by here too: by bytes, whatever language PostgreSQL was set up with. SQLite has them so.
 */
export const shareListsByBytes: Migration = {
  name: '0055-share-lists-by-bytes',
  async up(trx) {
    if (!isPostgres(trx)) return;
    for (const [name, on] of INDEXES) {
      await trx.raw(`drop index ${name}`);
      await trx.raw(`create index ${name} on ${on.replace('id)', 'id collate "C")')}`);
    }
  },
  async down(trx) {
    if (!isPostgres(trx)) return;
    for (const [name, on] of INDEXES) {
      await trx.raw(`drop index ${name}`);
      await trx.raw(`create index ${name} on ${on}`);
    }
  },
};

/** As steps 0029 and 0050 made them. */
const INDEXES = Object.entries({
  outgoing_shares_news: 'outgoing_shares (changed_at, id)',
  outgoing_shares_of_owner: 'outgoing_shares (owner_id, changed_at, id)',
  outgoing_shares_of_recipient: 'outgoing_shares (recipient_folded, changed_at, id)',
  incoming_shares_news: 'incoming_shares (changed_at, id)',
  incoming_shares_of_account: 'incoming_shares (account_id, changed_at, id)',
  incoming_shares_of_recipient: 'incoming_shares (recipient_folded, changed_at, id)',
  outgoing_shares_opened: "outgoing_shares (folder_id, changed_at, id) where state = 'active'",
  outgoing_shares_offered: "outgoing_shares (folder_id, changed_at, id) where state in ('created', 'sent', 'accepted')",
  outgoing_shares_past:
    "outgoing_shares (folder_id, changed_at, id) where state in ('declined', 'withdrawn', 'expired', 'revoked', 'left')",
});
