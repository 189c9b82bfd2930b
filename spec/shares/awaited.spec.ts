import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/platform/index.js';
import { IncomingShares, OutgoingShares, ShareEvents, ShareLists } from '../../src/shares/index.js';
import type { AccountId, PeerId } from '../../src/kernel/index.js';
import { eachDatabase } from '../support/each-database.js';
import { planOf } from '../support/plans.js';

eachDatabase((bench) => {
  describe('what waits for somebody', () => {
    it('is found along its index, and not among all that they were ever offered (SCA-25)', async () => {
      const database = await bench.open();
      const asked = new Map<string, readonly string[]>();
      database.read.on('query', ({ sql, bindings }: { sql: string; bindings: readonly string[] }) =>
        asked.set(sql, bindings),
      );
      const events = new ShareEvents(systemClock);
      const incoming = new IncomingShares(systemClock, events, async () => undefined);
      const outgoing = new OutgoingShares(systemClock, events, async () => undefined);
      const addressesOf = (): Promise<string[]> => Promise.resolve(['bo@birch.example']);
      const lists = new ShareLists({ database, incoming, outgoing, addressesOf });
      await lists.incomingOf('bo' as AccountId, { limit: 50 });
      await incoming.pendingFor(database.read, 'bo@birch.example', 'birch' as PeerId);
      const awaited = [...asked].filter(([sql]) => sql.includes("state = 'pending'"));
      expect(awaited).toHaveLength(2);
      for (const [sql, bindings] of awaited) {
        expect(await planOf(database, sql, bindings)).toContain('incoming_shares_awaited');
      }
    });
  });
});
