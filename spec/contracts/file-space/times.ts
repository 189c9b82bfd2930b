import { describe, expect, it } from 'vitest';
import { historyOf, keepsTimes, type Node } from '../../../src/files/index.js';
import { childrenIn, words, type FileSpaceAdapter } from './harness.js';

const MINUTE = 60_000;
/** 1994-11-06, as whoever brings a content may date it. */
const LONG_AGO = 784_111_777_000;

/** The time of a content beside the time of the last change (RFC 4918 15.7). */
export function describeTimes({ open, cannot = {} }: FileSpaceAdapter): void {
  describe('the time of a content', () => {
    it('is that of the last change where nothing else is known', async () => {
      const { space } = await open();
      const file = await space.create(space.rootKey, 'a', words('1'));
      const folder = await space.makeFolder(space.rootKey, 'folder');
      for (const node of [file, folder]) expect(node.contentAt).toBe(node.modifiedAt);
    });

    it.skipIf(cannot.contentTimes)('is set by content, and stays through renames', async () => {
      const { space, advance } = await open();
      const made = await space.create(space.rootKey, 'a', words('1'));
      advance(MINUTE);
      const renamed = await space.move(made.key, { name: 'b' });
      expect(renamed.modifiedAt - made.modifiedAt).toBe(MINUTE);
      expect(renamed.contentAt).toBe(made.contentAt);
      advance(MINUTE);
      const replaced = await space.replace(made.key, words('2'));
      expect(replaced.contentAt - made.contentAt).toBe(2 * MINUTE);
      expect(replaced.createdAt).toBe(made.createdAt);
      expect(made.createdAt).toBe(made.contentAt);
      expect(await space.stat(made.key)).toEqual(replaced);
    });

    it('is what whoever brings it says, as long as it is the same content', async () => {
      const { space } = await open();
      const dated = { contentAt: LONG_AGO };
      const made = await space.create(space.rootKey, 'a', words('1'), dated);
      const folder = await space.makeFolder(space.rootKey, 'folder');
      const shown = async (node: Node): Promise<number[]> => {
        const listed = (await childrenIn(space, node.parentKey ?? '')).find(({ name }) => name === node.name);
        return [node.contentAt, (await space.stat(node.key)).contentAt, listed?.contentAt ?? 0];
      };
      const are = (time: number): number[] => [time, time, time];
      expect(await shown(made)).toEqual(are(LONG_AGO));
      const renamed = await space.move(made.key, { name: 'b' });
      expect(await shown(renamed)).toEqual(are(LONG_AGO));
      const moved = await space.move(renamed.key, { parentKey: folder.key }, { contentAt: LONG_AGO + 1000 });
      expect(await shown(moved)).toEqual(are(LONG_AGO + 1000));
      const put = await space.put(folder.key, 'b', words('2'), { contentAt: LONG_AGO + 2000 });
      expect(await shown(put)).toEqual(are(LONG_AGO + 2000));
      const redated = keepsTimes(space) ? await space.redate(put.key, LONG_AGO + 3000) : undefined;
      if (redated !== undefined) expect(await shown(redated)).toEqual(are(LONG_AGO + 3000));
      const replaced = await space.replace(put.key, words('three'));
      expect(await shown(replaced)).toEqual(are(replaced.modifiedAt));
    });

    it.skipIf(cannot.contentTimes)('is what whoever brings it, or moves it, says', async () => {
      const { space } = await open();
      const dated = { contentAt: LONG_AGO };
      const made = await space.create(space.rootKey, 'a', words('1'), dated);
      expect(made.contentAt).toBe(LONG_AGO);
      expect(made.modifiedAt).toBeGreaterThan(LONG_AGO);
      expect(await space.put(space.rootKey, 'a', words('2'), { contentAt: LONG_AGO + 1 })).toMatchObject({
        contentAt: LONG_AGO + 1,
      });
      expect(await space.put(space.rootKey, 'b', words('2'), dated)).toMatchObject(dated);
      expect(await space.replace(made.key, words('3'), { contentAt: LONG_AGO + 2 })).toMatchObject({
        contentAt: LONG_AGO + 2,
      });
      expect(await space.move(made.key, { name: 'c' }, { contentAt: LONG_AGO + 3 })).toMatchObject({
        contentAt: LONG_AGO + 3,
      });
      expect(await space.stat(made.key)).toMatchObject({ contentAt: LONG_AGO + 3, createdAt: made.createdAt });
    });

    it.skipIf(cannot.contentTimes)(
      'of a folder is that of the last change directly in it, not of deeper ones',
      async () => {
        const { space, advance } = await open();
        const outer = await space.makeFolder(space.rootKey, 'outer');
        const inner = await space.makeFolder(outer.key, 'inner');
        const times = async (): Promise<number[]> =>
          Promise.all([outer, inner].map(async ({ key }) => (await space.stat(key)).contentAt));
        let [atOuter = 0, atInner = 0] = await times();
        const after = async (work: () => Promise<unknown>): Promise<number[]> => {
          advance(MINUTE);
          await work();
          const [now = 0, within = 0] = await times();
          const moved = [now - atOuter, within - atInner];
          [atOuter, atInner] = [now, within];
          return moved;
        };
        let key = '';
        expect(await after(async () => ({ key } = await space.create(inner.key, 'a', words('1'))))).toEqual([
          0,
          MINUTE,
        ]);
        expect(await after(() => space.replace(key, words('2')))).toEqual([0, MINUTE]);
        expect(await after(() => space.move(key, { name: 'b' }))).toEqual([0, MINUTE]);
        expect(await after(() => space.move(key, { parentKey: outer.key }))).toEqual([4 * MINUTE, MINUTE]);
        expect(await after(() => space.remove(key))).toEqual([MINUTE, 0]);
        expect(await after(() => space.move(inner.key, { parentKey: space.rootKey }))).toEqual([MINUTE, 0]);
      },
    );

    it.skipIf(cannot.contentTimes ?? cannot.versions)('is each version’s own', async () => {
      const { space, advance } = await open();
      const made = await space.create(space.rootKey, 'a', words('1'), { contentAt: LONG_AGO });
      advance(MINUTE);
      await space.move(made.key, { name: 'b' });
      const now = await space.replace(made.key, words('2'));
      const times = (await historyOf(space, made.key)).map(({ contentAt }) => contentAt);
      expect(times).toEqual([now.modifiedAt, LONG_AGO, LONG_AGO]);
    });
  });
}
