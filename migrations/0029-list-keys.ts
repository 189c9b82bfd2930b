import type { Migration } from '../src/platform/index.js';

/**
 * Every list goes along an index, page by page, and every look for what is due costs what is due, not what there is
 * (ruling F-83, scale.md 4). The texts of the conditions stand in the statements word by word: only then are the
 * partial indexes used.
 */
export const listKeys: Migration = {
  name: '0029-list-keys',
  async up(trx) {
    for (const [name, on] of Object.entries(INDEXES)) await trx.raw(`create index ${name} on ${on}`);
  },
  async down(trx) {
    for (const name of Object.keys(INDEXES).reverse()) await trx.raw(`drop index ${name}`);
  },
};

const OPEN = "state in ('created', 'sent', 'accepted', 'active')";
const MISSED = "state = 'queued' and attempts > 0";

const INDEXES = {
  outgoing_shares_news: 'outgoing_shares (changed_at, id)',
  outgoing_shares_of_owner: 'outgoing_shares (owner_id, changed_at, id)',
  outgoing_shares_of_recipient: 'outgoing_shares (recipient_folded, changed_at, id)',
  outgoing_shares_of_peer: 'outgoing_shares (peer_id, state)',
  outgoing_shares_ending: `outgoing_shares (expires_at) where ${OPEN}`,
  incoming_shares_news: 'incoming_shares (changed_at, id)',
  incoming_shares_of_account: 'incoming_shares (account_id, changed_at, id)',
  incoming_shares_of_recipient: 'incoming_shares (recipient_folded, changed_at, id)',
  incoming_shares_named: 'incoming_shares (share_id)',
  incoming_shares_in_state: 'incoming_shares (state)',
  incoming_shares_waiting: "incoming_shares (created_at) where state = 'pending'",
  incoming_shares_lapsing: "incoming_shares (expires_at) where state = 'pending'",
  members_ending: 'members (expires_at)',
  deliveries_failed: "deliveries (id, peer_id) where state = 'failed'",
  deliveries_missed: `deliveries (id, peer_id) where ${MISSED}`,
  deliveries_fresh: "deliveries (id, run_at, peer_id) where state = 'queued' and attempts = 0",
};
