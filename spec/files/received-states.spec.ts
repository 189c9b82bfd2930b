import { describe, expect, it } from 'vitest';
import { addMember, addMount, receivedStates } from '../../src/files/index.js';
import { receivedBelow } from '../../src/files/places/received-states.js';
import { DAY, ROOT_ID, type ItemId } from '../../src/kernel/index.js';
import { eachDatabase } from '../support/each-database.js';
import { openFilesBench, textContent } from './files-bench.js';

eachDatabase((bench) => {
  describe('what others share with a person', () => {
    const open = async () => {
      const files = await openFilesBench(await bench.open());
      const { tree, ana, bo, database, clock, abroad } = files;
      const home = await tree.makeFolder(bo, ROOT_ID, 'Home');
      const inner = await tree.makeFolder(bo, home.id, 'Inner');
      const share = async (name: string, expiresAt?: number) => {
        const folder = await tree.makeFolder(ana, ROOT_ID, name);
        const terms = { permission: 'read-write' as const, expiresAt, joinedAt: clock.now() };
        await database.write((trx) => addMember(trx, { folderId: folder.id, accountId: bo.accountId, ...terms }));
        return folder;
      };
      const mount = async (name: string) =>
        database.write((trx) =>
          addMount(trx, {
            accountId: bo.accountId,
            incomingId: name,
            name,
            permission: 'read-write' as const,
            rootKey: abroad.rootKey,
            expiresAt: undefined,
            createdAt: clock.now(),
          }),
        );
      const states = async (where: 'everywhere' | 'in-folders') =>
        receivedStates(database.read, bo.accountId, { now: clock.now(), where });
      return { ...files, home, inner, share, mount, states };
    };

    it('is told with the folders around it, and is another when anything in it changes', async () => {
      const { tree, ana, bo, clock, home, inner, share, states } = await open();
      const [atRoot, placed, over] = [await share('A'), await share('B'), await share('C', clock.now() + DAY)];
      await tree.move(bo, placed.id, { parentId: inner.id });
      await tree.move(bo, over.id, { parentId: home.id });
      const found = await states('everywhere');
      expect(found.map(({ above }) => [...above].sort())).toEqual([[], [home.id, inner.id].sort(), [home.id]]);
      expect(await states('in-folders')).toEqual(found.slice(1));
      await tree.put(ana, placed.id, 'new', textContent('x'));
      const after = await states('everywhere');
      expect(after.map(({ state }, at) => state === found[at]?.state)).toEqual([true, false, true]);
      clock.advance(DAY);
      expect((await states('in-folders')).map(({ state }) => state)).toEqual([after[1]?.state]);
      expect(atRoot.id).not.toBe(placed.id);
    });

    it('costs two questions, however many folders it stands in', async () => {
      const { tree, bo, database, share, states } = await open();
      for (let at = 0; at < 6; at += 1) {
        const own = await tree.makeFolder(bo, ROOT_ID, `own ${String(at)}`);
        await tree.move(bo, (await share(`shared ${String(at)}`)).id, { parentId: own.id });
      }
      let asked = 0;
      const count = () => void (asked += 1);
      database.read.on('query', count);
      expect(await states('in-folders')).toHaveLength(6);
      database.read.removeListener('query', count);
      expect(asked).toBe(2);
    });

    it('is found below a folder, wherever it lies', async () => {
      const { tree, bo, database, home, inner, share, mount } = await open();
      const [folder, other] = [await share('A'), await mount('M')];
      const below = async (id: ItemId | null) => receivedBelow(database.read, bo.accountId, id);
      expect([await below(null), await below(home.id)]).toEqual([[folder.id, other.id], []]);
      await tree.move(bo, other.id, { parentId: inner.id });
      expect([await below(home.id), await below(inner.id)]).toEqual([[other.id], [other.id]]);
    });
  });
});
