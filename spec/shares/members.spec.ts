import { describe, expect, it } from 'vitest';
import { HOUR } from '../../src/kernel/index.js';
import { eachDatabase } from '../support/each-database.js';
import { CLEO } from '../support/seeds.js';
import { openHouse, person } from './support.js';

describe('the members of a folder', () => {
  eachDatabase((bench) => {
    it('are its owner, people of this cloud whose time is not over, and recipients elsewhere who have their key', async () => {
      const house = await openHouse(bench);
      const { services, ana, bo, clock } = house;
      const cleo = await services.people.accounts.add(CLEO.email, CLEO.name);
      const folder = await house.makeFolder('Plans');
      const share = (email: string, permission: 'read-only' | 'read-write', expiresAt?: number) =>
        services.agreements.sharing.share(ana.id, folder.id, {
          addresses: [email as never],
          permission,
          ...(expiresAt === undefined ? {} : { expiresAt }),
        });
      await share(bo.email, 'read-only');
      await share(cleo.email, 'read-write', clock.now() + HOUR);
      await share('guest@birch.example', 'read-write');
      const active = await house.offer(folder, 'friend@birch.example');
      await services.base.database.write((trx) =>
        trx('outgoing_shares').where({ id: active.id }).update({ state: 'active', peer_id: house.peer.id }),
      );
      const members = () => services.agreements.sharing.members(person(ana.id), folder.id);
      const owner = { accountId: ana.id, name: ana.name, email: ana.email, permission: 'read-write', isOwner: true };
      const friend = { accountId: undefined, email: 'friend@birch.example', peerName: 'Birch', isOwner: false };
      const local = { accountId: bo.id, name: bo.name, email: bo.email, permission: 'read-only', isOwner: false };
      const visitor = { accountId: cleo.id, permission: 'read-write', joinedAt: clock.now() };
      const paged = async () => {
        const wish = { here: { limit: 50 }, abroad: { limit: 50 } };
        const {
          owner: first,
          here,
          abroad,
        } = await services.agreements.sharing.openers(person(ana.id), folder.id, wish);
        return [first, ...here.items, ...abroad.items].map((one) => one?.email).sort();
      };
      const found = await members();
      expect(await paged()).toEqual(found.map(({ email }) => email).sort());
      expect(found).toMatchObject([owner, expect.anything(), expect.anything(), friend]);
      expect(found).toEqual(expect.arrayContaining([local, visitor].map((one) => expect.objectContaining(one))));
      clock.advance(HOUR);
      expect((await members()).map(({ email }) => email)).toEqual([ana.email, bo.email, 'friend@birch.example']);
      expect(await paged()).toEqual([ana.email, bo.email, 'friend@birch.example'].sort());
      expect(await services.agreements.sharing.memberOf(ana.id, folder.id, bo.id)).toMatchObject(local);
      expect(await services.agreements.sharing.memberOf(ana.id, folder.id, cleo.id)).toBeUndefined();
      expect(await services.agreements.sharing.memberOf(bo.id, folder.id, bo.id)).toBeUndefined();
    });
  });
});
