import type { Migration } from '../src/platform/index.js';

/**
 * The messages that do not reach a peer, found by the peer: which peers there are, and how many messages of each, is read
 * along an index without going through all messages (scale.md 4). The texts of the conditions stand in the statements word by
 * word, as in step 0029.
 */
export const messagesOfAPeer: Migration = {
  name: '0068-messages-of-a-peer',
  async up(trx) {
    await trx.raw("create index deliveries_failed_of on deliveries (peer_id, id) where state = 'failed'");
    await trx.raw(
      "create index deliveries_missed_of on deliveries (peer_id, id) where state = 'queued' and attempts > 0",
    );
  },
  async down(trx) {
    for (const name of ['deliveries_missed_of', 'deliveries_failed_of']) await trx.raw(`drop index ${name}`);
  },
};
