import { describe, expect, it } from 'vitest';
import { eachDatabase } from '../support/each-database.js';
import { openHouse, proposalFor, type House } from './support.js';

/** Bo answers a proposal of the peer. */
async function answered(house: House, shareId: string, accepted: boolean): Promise<void> {
  const { proposals, incoming, database } = house.services;
  const { id } = await proposals.receive(house.peer, proposalFor(house, shareId));
  const digest = (await incoming.byId(database.read, id))?.digest ?? '';
  await proposals.decide(house.bo.id, id, digest, accepted);
}

describe('an end that nobody asked for by name', () => {
  eachDatabase((bench) => {
    it('ADM-03 a block leaves nothing in the queue of the peer but the ends', async () => {
      const house = await openHouse(bench);
      await answered(house, 'declined', false);
      await answered(house, 'accepted', true);
      expect(await house.queued()).toEqual(['decision', 'decision']);
      await house.services.peers.block('Birch');
      expect(await house.queued()).toEqual(['unshare']);
    });
  });
});
