import { describe, expect, it } from 'vitest';
import type { Transaction } from '../../src/platform/index.js';
import { eachDatabase } from '../support/each-database.js';
import { until } from '../support/until.js';
import { openHouse, person, proposalFor, type House } from './support.js';

const times = <T>(count: number, act: () => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, act));

/** Something to wait for. */
function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open: () => open() };
}

/** Starts `second` while `first` has done its work but not committed; then lets both end. */
async function overtaken(
  {
    services: {
      base: { database },
    },
  }: House,
  first: (trx: Transaction) => Promise<unknown>,
  second: () => Promise<unknown>,
): Promise<void> {
  const [ready, release] = [gate(), gate()];
  const held = database.write(async (trx) => {
    await first(trx);
    ready.open();
    await release.opened;
  });
  await ready.opened;
  const other = second();
  // SQLite has one writer: there the second waits for its turn, before it has looked at anything.
  if (database.engine === 'postgres') {
    const waiting = (): Promise<unknown> =>
      database.read('pg_stat_activity').where({ wait_event_type: 'Lock' }).first();
    await until('the second transaction to wait', async () => (await waiting()) !== undefined, { every: 5 });
  }
  release.open();
  await held;
  await other;
}

describe('two at once', () => {
  eachDatabase((bench) => {
    it('DLV-02 the identical proposal, many times at the same moment, is one share and one answer', async () => {
      const house = await openHouse(bench);
      const {
        agreements: { proposals },
        base: { database },
      } = house.services;
      for (const shareId of ['one', 'two', 'three', 'four']) {
        const answers = await times(6, () => proposals.receive(house.peer, proposalFor(house, shareId)));
        expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
      }
      expect(await database.read('incoming_shares').select('share_id')).toHaveLength(4);
    });

    it('a folder is shared with an address once, however many ask at the same moment', async () => {
      const house = await openHouse(bench);
      const folder = await house.makeFolder('Plans');
      const offers = await times(4, () => house.offer(folder));
      expect(new Set(offers.map(({ id }) => id)).size).toBe(1);
      expect(await house.services.base.database.read('invitations').select('outgoing_id')).toHaveLength(1);
    });

    it('AUT-05 a share whose acceptance commits while its peer is blocked ends with the block', async () => {
      const house = await openHouse(bench);
      const {
        shares: { outgoing, grants },
        base: { database },
        neighbours: { peers },
      } = house.services;
      const share = await house.offer(await house.makeFolder('Plans'));
      await house.choose(share);
      const sent = await house.now(share);
      const accept = async (trx: Transaction): Promise<void> => {
        await outgoing.take(trx, sent, { event: 'accept' }, 'peer');
        await grants.mint(trx, { ...share, outgoingId: share.id, peerId: house.peer.id });
      };
      await overtaken(house, accept, () => peers.block('Birch'));
      expect((await house.now(share)).state).toBe('revoked');
      expect(await grants.ofShare(database.read, share.id)).toBeUndefined();
    });

    it('AUT-05 a mount that becomes active while its peer is blocked goes with the block', async () => {
      const house = await openHouse(bench);
      const {
        shares: { incoming },
        agreements: { proposals },
        base: { database },
        neighbours: { peers },
      } = house.services;
      const { id } = await proposals.receive(house.peer, proposalFor(house, 'one'));
      const pending = await incoming.byId(database.read, id);
      if (pending === undefined) throw new Error('no proposal');
      const accept = (trx: Transaction): Promise<unknown> => incoming.take(trx, pending, { event: 'accept' }, 'bo');
      await overtaken(house, accept, () => peers.block('Birch'));
      expect((await incoming.byId(database.read, id))?.state).toBe('left');
    });

    it('ADM-03 a proposal that arrives while its peer is being blocked leaves nothing open', async () => {
      const house = await openHouse(bench);
      const {
        shares: { incoming },
        agreements: { proposals },
        base: { database },
        neighbours: { peers },
      } = house.services;
      const receiving = (): Promise<unknown> => proposals.receive(house.peer, proposalFor(house, 'one'));
      await Promise.allSettled([peers.block('Birch'), receiving()]);
      expect(await incoming.open(database.read, { peerId: house.peer.id })).toEqual([]);
      await expect(receiving()).rejects.toMatchObject({ code: 'unauthenticated' });
    });

    it('ADM-03 a choice of a cloud that is just being blocked is not made', async () => {
      const house = await openHouse(bench);
      const share = await house.offer(await house.makeFolder('Plans'));
      const block = (trx: Transaction): Promise<unknown> =>
        trx('peers').where({ id: house.peer.id }).update({ blocked_at: 1 });
      await overtaken(house, block, () => expect(house.choose(share)).rejects.toMatchObject({ code: 'invalid' }));
      expect(await house.now(share)).toMatchObject({ state: 'created', peerId: undefined });
    });

    it('UNS-02 an end that overtakes its proposal is found by it, also at the same moment', async () => {
      const house = await openHouse(bench);
      const {
        shares: { endings, incoming },
        agreements: { proposals },
        base: { database },
      } = house.services;
      for (const shareId of ['one', 'two', 'three', 'four']) {
        const proposed = proposals.receive(house.peer, proposalFor(house, shareId));
        await Promise.allSettled([proposed, endings.hear(house.peer, { shareId, reason: 'withdrawn' })]);
      }
      expect(await incoming.open(database.read, { peerId: house.peer.id })).toEqual([]);
    });

    it('AUT-07 a folder that is deleted while it is being shared has no open share afterwards', async () => {
      const house = await openHouse(bench);
      const {
        shares: { outgoing },
        base: { database },
        files: { tree },
      } = house.services;
      for (let round = 0; round < 8; round += 1) {
        const folder = await house.makeFolder(`Plans ${String(round)}`);
        const sharing = house.offer(folder, `guest${String(round)}@birch.example`).catch(() => undefined);
        await Promise.all([sharing, tree.remove(person(house.ana.id), folder.id)]);
        expect(await outgoing.open(database.read, { folderIds: [folder.id] })).toEqual([]);
      }
    });
  });
});
