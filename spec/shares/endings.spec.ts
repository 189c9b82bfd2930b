import { describe, expect, it } from 'vitest';
import { HOUR, ROOT_ID, type ItemId } from '../../src/kernel/index.js';
import type { Item } from '../../src/files/index.js';
import { eachDatabase } from '../support/each-database.js';
import { addPeer, openHouse, person, proposalFor, type House } from './support.js';

/** More folders than any engine takes values in one statement. */
const MANY = 70_000;

/** Bo answers a proposal of the peer. */
async function answered(house: House, shareId: string, accepted: boolean): Promise<void> {
  const {
    agreements: { proposals },
    shares: { incoming },
    base: { database },
  } = house.services;
  const { id } = await proposals.receive(house.peer, proposalFor(house, shareId));
  const digest = (await incoming.byId(database.read, id))?.digest ?? '';
  await proposals.decide(house.bo.id, id, digest, accepted);
}

/** Ana shares a folder with Bo, who lives in the same cloud. */
async function sharedHere(house: House, name: string, expiresAt?: number): Promise<Item> {
  const folder = await house.makeFolder(name);
  await house.services.agreements.sharing.share(house.ana.id, folder.id, {
    addresses: [house.bo.email],
    permission: 'read-write',
    ...(expiresAt === undefined ? {} : { expiresAt }),
  });
  return folder;
}

describe('an end that nobody asked for by name', () => {
  eachDatabase((bench) => {
    it('ADM-03 a block leaves nothing in the queue of the peer but the ends', async () => {
      const house = await openHouse(bench);
      await answered(house, 'declined', false);
      await answered(house, 'accepted', true);
      expect(await house.queued()).toEqual(['decision', 'decision']);
      await house.services.neighbours.peers.block('Birch');
      expect(await house.queued()).toEqual(['unshare']);
    });

    it('AUT-05 finds the shared folder among however many are deleted at once', async () => {
      const house = await openHouse(bench);
      const folder = await house.makeFolder('Plans');
      const share = await house.offer(folder);
      const others = Array.from({ length: MANY }, (_, index) => String(1_000_000 + index) as ItemId);
      const {
        base: { database },
        shares: { endings },
      } = house.services;
      await database.write((trx) => endings.foldersRemoved(trx, [...others, folder.id], house.ana.id));
      expect((await house.now(share)).state).toBe('withdrawn');
    });

    it('AUT-05 a member who deletes what is shared on is named, and the owner is told', async () => {
      const house = await openHouse(bench);
      const {
        files: { tree },
        shares: { outgoing },
        care: { journal },
        base: { database },
      } = house.services;
      const around = await sharedHere(house, 'Plans');
      const inner = await tree.makeFolder(person(house.ana.id), around.id, 'Drafts');
      const share = await house.offer(inner);
      await house.decide(await house.choose(share), true);
      await tree.remove(person(house.bo.id), inner.id);
      expect(await outgoing.view(database.read, share.id)).toMatchObject({ state: 'revoked', endedBy: 'member' });
      const { lines } = await journal.page({ person: house.bo.email, limit: 10 });
      expect(lines).toMatchObject([{ actor: house.bo.name, event: 'end', note: 'folder deleted' }]);
      // The invitation, and that it has ended.
      const letters = database.read('deliveries').where({ kind: 'mail' }).whereLike('lane', `%${share.id}%`);
      expect(await letters.pluck('kind')).toHaveLength(2);
    });

    for (const verb of ['disable', 'remove'] as const) {
      it(`AUT-05 people of this cloud lose the folders of an owner whom an administrator ${verb}s`, async () => {
        const house = await openHouse(bench);
        const {
          people: { accounts },
          files: { tree },
          agreements: { sharing },
        } = house.services;
        const [bo, folder] = [person(house.bo.id), await sharedHere(house, 'Plans')];
        expect((await tree.stat(bo, folder.id)).name).toBe('Plans');
        await accounts[verb](house.ana.email);
        await expect(tree.stat(bo, folder.id)).rejects.toMatchObject({ code: 'not-found' });
        await expect(sharing.members(bo, folder.id)).rejects.toMatchObject({ code: 'not-found' });
      });
    }

    it('AUT-05 somebody who was disabled is no member any more when let in again', async () => {
      const house = await openHouse(bench);
      const {
        people: { accounts },
        files: { tree },
      } = house.services;
      const folder = await sharedHere(house, 'Plans');
      await accounts.disable(house.bo.email);
      await accounts.enable(house.bo.email);
      await expect(tree.stat(person(house.bo.id), folder.id)).rejects.toMatchObject({ code: 'not-found' });
      expect((await tree.stat(person(house.ana.id), folder.id)).name).toBe('Plans');
    });

    it('G1 an administrator ends one share, not another peer’s of the same name', async () => {
      const house = await openHouse(bench);
      const {
        agreements: { proposals },
        shares: { incoming, endings },
        base: { database },
      } = house.services;
      const cedar = await addPeer(house, 'Cedar', 10);
      const [one, other] = [
        await proposals.receive(house.peer, proposalFor(house, 'one')),
        await proposals.receive(cedar, proposalFor(house, 'one')),
      ];
      await endings.half('incoming', other.id, 'administrator');
      expect((await incoming.byId(database.read, other.id))?.state).toBe('left');
      expect((await incoming.byId(database.read, one.id))?.state).toBe('pending');
      await expect(endings.half('incoming', other.id, 'administrator')).rejects.toMatchObject({ code: 'conflict' });
      await expect(endings.half('outgoing', one.id, 'administrator')).rejects.toMatchObject({ code: 'not-found' });
    });

    it('a folder whose time is over leaves its name in the member’s root to others', async () => {
      const house = await openHouse(bench);
      const {
        shares: { endings },
        files: { tree },
      } = house.services;
      await sharedHere(house, 'Plans', house.clock.now() + HOUR);
      await sharedHere(house, 'Maps');
      const making = (name: string): Promise<Item> => tree.makeFolder(person(house.bo.id), ROOT_ID, name);
      await expect(making('Plans')).rejects.toMatchObject({ code: 'invalid' });
      house.clock.advance(HOUR);
      expect(await endings.timeIsUp()).toBe(1);
      expect((await making('Plans')).name).toBe('Plans');
      await expect(making('Maps')).rejects.toMatchObject({ code: 'invalid' });
    });
  });
});
