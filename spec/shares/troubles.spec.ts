import { describe, expect, it } from 'vitest';
import { DAY, HOUR } from '../../src/kernel/index.js';
import { eachDatabase } from '../support/each-database.js';
import { openHouse } from './support.js';

describe('an invitation whose time is up', () => {
  eachDatabase((bench) => {
    it('is not mailed again, ended by the clock or not yet', async () => {
      const house = await openHouse(bench);
      const { inviting } = house.services.agreements;
      const share = await house.offer(await house.makeFolder('Plans'));
      await inviting.resend(house.ana.id, share.id);
      house.clock.advance(31 * DAY);
      await expect(inviting.resend(house.ana.id, share.id)).rejects.toMatchObject({ code: 'conflict' });
    });
  });
});

describe('a key that does not arrive', () => {
  eachDatabase((bench) => {
    it('PEER-02 is told to the owner after a day, once, also when it waits untried for a peer that rests', async () => {
      const house = await openHouse(bench);
      const {
        shares: { notices },
        base: { database },
      } = house.services;
      const share = await house.offer(await house.makeFolder('Plans'));
      await house.decide(await house.choose(share), true);
      expect(await notices.tellTroubles()).toBe(0);
      house.clock.advance(DAY + HOUR);
      expect([await notices.tellTroubles(), await notices.tellTroubles()]).toEqual([1, 0]);
      expect(await database.read('told_troubles').pluck('trouble')).toEqual(['key-late']);
    });
  });
});
