import { describe, expect, it } from 'vitest';
import { sqliteBench } from '../support/each-database.js';
import { openHouse, proposalFor } from './support.js';

const bench = sqliteBench();

describe('the answer to a proposal', () => {
  it('is not recorded while it cannot be told, as long as the other cloud’s keys are not known', async () => {
    const house = await openHouse(bench);
    const {
      neighbours: { peers },
      agreements: { proposals },
      shares: { incoming },
      base: { database },
    } = house.services;
    const { peer } = await peers.add({
      name: 'Cedar',
      shareUrl: 'http://localhost:10/share',
      credentialsUrl: 'http://localhost:10/credentials',
    });
    const { id } = await proposals.receive(peer, {
      ...proposalFor(house, 'one'),
      resourceUrl: 'http://localhost:10/v1/folder/7',
      callback: 'http://localhost:10/result/one',
    });
    const pending = await incoming.byId(database.read, id);
    const deciding = (): Promise<unknown> => proposals.decide(house.bo.id, id, pending?.digest ?? '', true);
    await expect(deciding()).rejects.toMatchObject({ code: 'unavailable' });
    expect(await incoming.byId(database.read, id)).toEqual(pending);
    expect(await house.queued()).toEqual([]);
    await peers.set('Cedar', { outbound: { key: 'key-Cedar', secret: 'secret-Cedar' } });
    await deciding();
    expect((await incoming.byId(database.read, id))?.state).toBe('accepted');
  });
});
