import type { Migration } from '../src/platform/index.js';

/**
 * Due messages are looked for peer by peer, so that messages to a peer whose breaker is open cost the others nothing
 * (reliability.md PEER-03).
 */
export const deliveryHeads: Migration = {
  name: '0013-delivery-heads',
  async up(trx) {
    await trx.raw("create index deliveries_heads on deliveries (peer_id, run_at, id) where state = 'queued'");
    await trx.raw("create index deliveries_dropped on deliveries (claimed_until) where state = 'dropped'");
    await trx.raw('drop index deliveries_due');
  },
  async down(trx) {
    await trx.raw(
      "create index deliveries_due on deliveries (run_at, id, peer_id, lane, claimed_until) where state = 'queued'",
    );
    await trx.raw('drop index deliveries_dropped');
    await trx.raw('drop index deliveries_heads');
  },
};
