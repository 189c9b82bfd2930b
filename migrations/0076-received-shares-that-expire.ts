import type { Migration } from '../src/platform/index.js';
import { isPostgres } from './engine.js';

/**
 * Received shares of Open Cloud Mesh end here when their time is over, whatever their server does: they are found by it. And
 * what waits for somebody is found without going through everything that they were ever offered, in the order of lists (0055).
 */
export const receivedSharesThatExpire: Migration = {
  name: '0076-received-shares-that-expire',
  async up(trx) {
    await trx.raw(
      `create index incoming_shares_expiring on incoming_shares (expires_at)
       where dialect = 'ocm' and state in ('accepted', 'active')`,
    );
    const id = isPostgres(trx) ? 'id collate "C"' : 'id';
    await trx.raw(
      `create index incoming_shares_awaited on incoming_shares (recipient_folded, changed_at, ${id}) where state = 'pending'`,
    );
  },
  async down(trx) {
    await trx.raw('drop index incoming_shares_awaited');
    await trx.raw('drop index incoming_shares_expiring');
  },
};
