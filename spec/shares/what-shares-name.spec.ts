import { describe, expect, it } from 'vitest';
import { migrations } from '../../migrations/index.js';
import { migrate, rollback } from '../../src/platform/index.js';
import { IncomingShares, ShareEvents } from '../../src/shares/index.js';
import { eachDatabase, openForTest, sqliteBench } from '../support/each-database.js';
import { createHandClock } from '../support/seeds.js';
import { addPeer, addShare } from './old-rows.js';
import { openHouse, proposalFor } from './support.js';

const STEP = migrations.findIndex(({ name }) => name === '0060-what-shares-name');

eachDatabase(({ empty }) => {
  it('shares from before say what is shared and what opens it, and keep their grants on the way up and back', async () => {
    const database = await openForTest(await empty());
    await migrate(database, migrations.slice(0, STEP));
    const grant = { account_id: 'a', grant_sealed: 'sealed', grant_digest: 'digest' };
    await database.write(async (trx) => {
      await trx('accounts').insert({ id: 'a', name: 'Ana', created_at: 1 });
      await addPeer(trx, 'alder', 'spec');
      await addPeer(trx, 'cedar', 'spec', 'other');
      const at = (url: string) => ({ ...grant, resource_url: url });
      await addShare(trx, 'folder', 'alder', '1', at('https://alder.example/v1/folder/7'));
      await addShare(trx, 'file', 'alder', '2', at('https://alder.example/v1/file/7/'));
      await addShare(trx, 'below', 'alder', '3', at('https://alder.example/file/v1/folder/7'));
      await addShare(trx, 'strange', 'cedar', '4', at('u/file/7'));
    });
    const before = await database.read('incoming_shares').orderBy('id');
    await migrate(database, migrations);
    const incoming = new IncomingShares(createHandClock(), new ShareEvents(createHandClock()), () => Promise.resolve());
    const said = async (id: string): Promise<unknown> => {
      const share = await incoming.byId(database.read, id);
      return [share?.kind, share?.storageApi, share?.grantSealed];
    };
    expect(await said('folder')).toEqual(['folder', 'stacksync-v2', 'sealed']);
    expect(await said('file')).toEqual(['file', 'stacksync-v2', 'sealed']);
    expect(await said('below')).toEqual(['folder', 'stacksync-v2', 'sealed']);
    expect(await said('strange')).toEqual(['folder', 'other', 'sealed']);
    await database.write((trx) => addShare(trx, 'older', 'cedar', '5'));
    // The release before this step writes neither.
    expect(await said('older')).toEqual(['folder', undefined, undefined]);
    await database.write((trx) => trx('incoming_shares').where({ id: 'older' }).delete());
    for (let step = migrations.length; step > STEP; step -= 1) await rollback(database, migrations);
    expect(await database.read('incoming_shares').orderBy('id')).toEqual(before);
  });
});

const bench = sqliteBench();

describe('credentials', () => {
  it('that a release stored before there were other kinds still open the share, and their repeat is known', async () => {
    const house = await openHouse(bench);
    const {
      agreements: { proposals },
      shares: { incoming, receiving },
      base: { database, sealer },
    } = house.services;
    const { id } = await proposals.receive(house.peer, proposalFor(house, 'one'));
    const pending = await incoming.byId(database.read, id);
    await proposals.decide(house.bo.id, id, pending?.digest ?? '', true);
    const pair = { token: 'token', secret: 'secret' };
    const stored = {
      grant_sealed: sealer.seal(JSON.stringify(pair), `incoming_shares.grant:${id}`),
      grant_digest: sealer.digest(JSON.stringify([pair.token, pair.secret]), 'grant'),
    };
    await database.write((trx) => trx('incoming_shares').where({ id }).update(stored));
    const share = await incoming.byId(database.read, id);
    if (share === undefined) throw new Error('no such share');
    expect(receiving.credentialsOf(share)).toEqual({ kind: 'oauth1', ...pair });
    const repeat = { shareId: 'one', credentials: { kind: 'oauth1', ...pair } } as const;
    expect(await receiving.grant(house.peer, repeat)).toEqual({ state: 'accepted' });
    const other = { shareId: 'one', credentials: { kind: 'bearer', token: 'token' } } as const;
    await expect(receiving.grant(house.peer, other)).rejects.toMatchObject({ code: 'conflict' });
  });
});
