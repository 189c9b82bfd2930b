import { expect, it } from 'vitest';
import { migrations } from '../../migrations/index.js';
import type { PeerId } from '../../src/kernel/index.js';
import { migrate } from '../../src/platform/index.js';
import { IncomingShares, ShareEvents } from '../../src/shares/index.js';
import { eachDatabase, openForTest } from '../support/each-database.js';
import { createHandClock } from '../support/seeds.js';
import { addPeer, addShare } from './old-rows.js';

const STEP = migrations.findIndex(({ name }) => name === '0041-share-keys');
const GUID = '5f0c9d52-7a3e-4b7e-9c61-0f2f6c1b8a44';
const CAPITALS = GUID.toUpperCase();

eachDatabase(({ empty }) => {
  it('shares of nec clouds from before are found by every spelling of their GUID, all others by their very name (F-15)', async () => {
    const database = await openForTest(await empty());
    await migrate(database, migrations.slice(0, STEP));
    await database.write(async (trx) => {
      await addPeer(trx, 'nettle', 'nec');
      await addPeer(trx, 'larch', 'csinterop');
      await addShare(trx, 'old', 'nettle', `{${GUID}}`, { state: 'revoked', created_at: 5 });
      await addShare(trx, 'new', 'nettle', CAPITALS);
      await addShare(trx, 'word', 'nettle', 'Plans');
      await addShare(trx, 'other', 'larch', CAPITALS);
    });
    await migrate(database, migrations);
    const clock = createHandClock();
    const incoming = new IncomingShares(clock, new ShareEvents(clock), () => Promise.resolve());
    const find = async (peer: string, shareId: string, shareKey?: string): Promise<string | undefined> => {
      const name = shareKey === undefined ? { shareId } : { shareId, shareKey };
      return (await incoming.byName(database.read, peer as PeerId, name))?.id;
    };
    for (const text of [GUID, CAPITALS, `(${GUID})`]) expect(await find('nettle', text, GUID)).toBe('new');
    expect(await find('nettle', `{${GUID}}`, GUID)).toBe('old');
    expect([await find('nettle', 'Plans'), await find('nettle', 'plans')]).toEqual(['word', undefined]);
    expect([await find('larch', CAPITALS), await find('larch', GUID)]).toEqual(['other', undefined]);
  });

  it('no two shares of a cloud have one key, and the release before the step writes none (F-15)', async () => {
    const database = await openForTest(await empty());
    await migrate(database, migrations);
    await database.write(async (trx) => {
      await addPeer(trx, 'nettle', 'nec');
      await addShare(trx, 'new', 'nettle', CAPITALS, { share_key: GUID });
      await addShare(trx, 'unkeyed', 'nettle', 'Plans');
    });
    const twice = database.write((trx) => addShare(trx, 'again', 'nettle', `{${GUID}}`, { share_key: GUID }));
    await expect(twice).rejects.toThrow(/unique/i);
  });
});
