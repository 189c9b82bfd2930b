import { describe, expect, it } from 'vitest';
import type { ItemId } from '../../src/kernel/index.js';
import { eachDatabase } from '../support/each-database.js';
import { openHouse, proposalFor, type House } from './support.js';

/** More folders than any engine takes values in one statement. */
const MANY = 70_000;

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

    it('AUT-05 finds the shared folder among however many are deleted at once', async () => {
      const house = await openHouse(bench);
      const folder = await house.makeFolder('Plans');
      const share = await house.offer(folder);
      const others = Array.from({ length: MANY }, (_, index) => String(1_000_000 + index) as ItemId);
      const { database, endings } = house.services;
      await database.write((trx) => endings.foldersRemoved(trx, [...others, folder.id]));
      expect((await house.now(share)).state).toBe('withdrawn');
    });
  });
});
