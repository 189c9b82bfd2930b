import { afterEach, expect, it } from 'vitest';
import { DAY } from '../../src/kernel/index.js';
import { openPair, type Pair } from '../support/open-pair.js';

let pair: Pair;
afterEach(() => pair.close());

it('what the passing of time brings comes, although what stands before it fails (F-62)', async () => {
  pair = await openPair();
  const { cloud, services, clock } = pair.alder;
  const { database } = services.base;
  const now = clock.now();
  const asked = {
    id: 'oaks',
    join_id: 'oaks',
    discovery: 'http://localhost:9/',
    origin: 'http://localhost:9',
    name: 'Oak',
  };
  await database.write((trx) => trx('join_requests').insert({ ...asked, created_at: now, expires_at: now + DAY }));
  const rename = (from: string, to: string): Promise<void> =>
    database.write((trx) => trx.schema.renameTable(from, to).then(() => undefined));
  await rename('outgoing_shares', 'lost_shares');
  clock.advance(2 * DAY);
  await expect(cloud.tick()).rejects.toThrow();
  expect(await database.read('join_requests').select('id')).toEqual([]);
  await rename('lost_shares', 'outgoing_shares');
});
