import { describe, expect, it } from 'vitest';
import { addMount, MemorySpace, removeMount, stagedName, type FileSpace, type Mount } from '../../src/files/index.js';
import { DAY, Failure, HOUR, MINUTE, type ItemId } from '../../src/kernel/index.js';
import { eachPage } from '../../src/platform/index.js';
import { eachDatabase } from '../support/each-database.js';
import { createHandClock, createSeededRandom } from '../support/seeds.js';
import { namesIn, openFilesBench, textContent, textOf, type FilesBench } from './files-bench.js';

const [ON_ITS_WAY = '', ASIDE = '', OWN = ''] = ['a', 'b', 'c'].map((digit) => stagedName(digit.repeat(32)));
const STAGED = { isStaged: true } as const;

eachDatabase((bench) => {
  interface Opened extends FilesBench {
    readonly mount: Mount;
    /** The names that the other cloud has, hidden or not. */
    namesAbroad(space?: FileSpace): Promise<string[]>;
    /** How many records there are. */
    records(): Promise<number>;
  }

  async function open(openMount?: (mount: Mount) => Promise<FileSpace>): Promise<Opened> {
    const files = await openFilesBench(await bench.open(), openMount === undefined ? {} : { openMount });
    const mount = await mountFor(files, 'first');
    return {
      ...files,
      mount,
      async namesAbroad(space = files.abroad) {
        const names: string[] = [];
        for await (const { name } of (await space.list(space.rootKey)).children) names.push(name);
        return names.sort();
      },
      records: async () => (await files.database.read('staged_abroad').select()).length,
    };
  }

  async function mountFor({ database, abroad, bo, clock }: FilesBench, incomingId: string): Promise<Mount> {
    const terms = { permission: 'read-write', expiresAt: undefined, createdAt: clock.now() } as const;
    const where = { accountId: bo.accountId, incomingId, name: 'Abroad', rootKey: abroad.rootKey };
    return database.write((trx) => addMount(trx, { ...where, ...terms }));
  }

  async function namesOnPages({ tree, bo }: FilesBench, id: ItemId): Promise<string[][]> {
    const pages: string[][] = [];
    for await (const { items } of eachPage((wish) => tree.page(bo, id, wish), 2)) {
      pages.push(items.map(({ name }) => name));
    }
    return pages;
  }

  describe('what is made beside its place in another cloud (webdav.md 1.8)', () => {
    it('is shown to nobody after a crash, and deleted after a day; other things of such a name stay', async () => {
      const { tree, bo, mount, clock, namesAbroad, records, ...files } = await open();
      for (const name of [OWN, 'x', 'y']) await tree.makeFolder(bo, mount.id, name);
      const left = await tree.makeFolder(bo, mount.id, ON_ITS_WAY, STAGED);
      await tree.put(bo, left.id, 'in.txt', textContent('in'));
      expect(await namesAbroad()).toEqual([ON_ITS_WAY, OWN, 'x', 'y']);
      expect((await namesIn(tree, bo, mount.id)).sort()).toEqual([OWN, 'x', 'y']);
      expect(await namesOnPages({ tree, bo, clock, ...files }, mount.id)).toEqual([[OWN, 'x'], ['y']]);
      for (const path of [[ON_ITS_WAY], [ON_ITS_WAY, 'in.txt']]) {
        expect(await tree.find(bo, mount.id, path)).toBeUndefined();
        expect(await tree.listAt(bo, mount.id, path)).toBeUndefined();
      }
      expect((await tree.find(bo, mount.id, [OWN]))?.name).toBe(OWN);
      clock.advance(DAY);
      expect(await tree.clearStaged()).toBe(0);
      clock.advance(1);
      expect(await tree.clearStaged()).toBe(1);
      expect([await namesAbroad(), await records()]).toEqual([[OWN, 'x', 'y'], 0]);
    });

    it('is found though its folder was renamed meanwhile', async () => {
      const { tree, bo, mount, clock, records } = await open();
      const folder = await tree.makeFolder(bo, mount.id, 'Before');
      await tree.makeFolder(bo, folder.id, ON_ITS_WAY, STAGED);
      await tree.move(bo, folder.id, { name: 'After' });
      expect(await namesIn(tree, bo, folder.id)).toEqual([]);
      clock.advance(DAY + 1);
      expect([await tree.clearStaged(), await records()]).toEqual([1, 0]);
    });

    it('is recorded no longer once it is moved to its place, or removed, or was refused', async () => {
      const { tree, bo, mount, records, namesAbroad } = await open();
      const file = await tree.put(bo, mount.id, ON_ITS_WAY, textContent('new'), STAGED);
      expect(await records()).toBe(1);
      await tree.move(bo, file.id, { name: 'new.txt' });
      expect([await records(), await namesIn(tree, bo, mount.id)]).toEqual([0, ['new.txt']]);
      const copy = await tree.copy(bo, file.id, { parentId: mount.id, name: ON_ITS_WAY }, STAGED);
      expect(await records()).toBe(1);
      await tree.remove(bo, copy.id);
      await tree.makeFolder(bo, mount.id, OWN);
      await expect(tree.makeFolder(bo, mount.id, OWN, STAGED)).rejects.toThrow(Failure);
      expect([await records(), await namesAbroad()]).toEqual([0, [OWN, 'new.txt']]);
    });

    it('stays when it is other than what was made, and is shown then', async () => {
      const { tree, bo, mount, clock, abroad, records } = await open();
      const { id } = await tree.put(bo, mount.id, ON_ITS_WAY, textContent('ours'), STAGED);
      await abroad.put(abroad.rootKey, ON_ITS_WAY, textContent('else'));
      clock.advance(DAY + 1);
      expect([await tree.clearStaged(), await records()]).toEqual([0, 0]);
      expect(await namesIn(tree, bo, mount.id)).toEqual([ON_ITS_WAY]);
      expect(await textOf(tree.open(bo, id))).toBe('else');
    });

    it('has its name again after an hour if it was there before; if the new has come, it goes', async () => {
      const { tree, bo, mount, clock, records, namesAbroad } = await open();
      const old = await tree.put(bo, mount.id, 'plan.txt', textContent('old'));
      await tree.move(bo, old.id, { name: ASIDE }, STAGED);
      expect([await namesIn(tree, bo, mount.id), await namesAbroad()]).toEqual([[], [ASIDE]]);
      clock.advance(HOUR + 1);
      expect([await tree.clearStaged(), await records()]).toEqual([1, 0]);
      expect(await textOf(tree.open(bo, old.id))).toBe('old');
      expect(await namesIn(tree, bo, mount.id)).toEqual(['plan.txt']);
      await tree.move(bo, old.id, { name: ASIDE }, STAGED);
      await tree.put(bo, mount.id, 'plan.txt', textContent('new'));
      clock.advance(HOUR + 1);
      expect([await tree.clearStaged(), await records()]).toEqual([1, 0]);
      expect(await namesAbroad()).toEqual(['plan.txt']);
    });

    it('waits for a cloud that does not answer, and holds up no other; with the mount the record goes', async () => {
      const [clock, random] = [createHandClock(), createSeededRandom()];
      const spaces = new Map(['first', 'second'].map((id) => [id, new MemorySpace({ clock, random })]));
      const away = new Set<string>();
      const asked: string[] = [];
      const files = await open(async ({ incomingId }) => {
        asked.push(incomingId);
        const space = spaces.get(incomingId);
        if (space === undefined || away.has(incomingId)) throw new Failure('peer-timeout', 'It does not answer.');
        return space;
      });
      const { tree, bo, mount, records, namesAbroad } = files;
      const second = await mountFor(files, 'second');
      const names = [ON_ITS_WAY, ASIDE];
      for (const name of names) await tree.makeFolder(bo, mount.id, name, STAGED);
      files.clock.advance(MINUTE);
      await tree.makeFolder(bo, second.id, OWN, STAGED);
      away.add('first');
      files.clock.advance(DAY + 1);
      asked.length = 0;
      expect([await tree.clearStaged(), await records()]).toEqual([1, 2]);
      expect(asked.filter((id) => id === 'first')).toHaveLength(1);
      expect(await namesAbroad(spaces.get('second'))).toEqual([]);
      away.clear();
      files.clock.advance(MINUTE);
      expect([await tree.clearStaged(), await records()]).toEqual([2, 0]);
      expect(await namesAbroad(spaces.get('first'))).toEqual([]);
      await tree.makeFolder(bo, mount.id, ON_ITS_WAY, STAGED);
      await files.database.write((trx) => removeMount(trx, 'first', files.clock.now()));
      expect(await records()).toBe(0);
    });
  });
});
