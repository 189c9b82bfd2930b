import { describe, expect, it } from 'vitest';
import { findAlong, followsPaths, listAlong, type Listing, type Node } from '../../../src/files/index.js';
import { childrenIn, words, type FileSpaceAdapter } from './harness.js';

/** Paths of names: followed by the space itself where it says so, else name by name. */
export function describePaths({ open }: FileSpaceAdapter): void {
  const namesOf = async (listing: Listing | undefined): Promise<string[] | undefined> => {
    if (listing === undefined) return undefined;
    const names: string[] = [];
    for await (const child of listing.children) names.push(child.name);
    return names.sort();
  };

  async function world() {
    const { space } = await open();
    const outer = await space.makeFolder(space.rootKey, 'outer');
    const inner = await space.makeFolder(outer.key, 'ínner');
    const file = await space.create(inner.key, 'a', words('1'));
    const find = (...names: string[]): Promise<Node | undefined> => findAlong(space, space.rootKey, names);
    const list = (...names: string[]): Promise<Listing | undefined> => listAlong(space, space.rootKey, names);
    return { space, outer, inner, file, find, list };
  }

  describe('a path', () => {
    it('leads to what stands there, and lists it', async () => {
      const { space, outer, inner, file, find, list } = await world();
      expect(space.abilities.paths).toBe(followsPaths(space));
      // Twice, because what was found once may be remembered.
      for (let times = 0; times < 2; times += 1) {
        expect((await find('outer', 'ínner'))?.key).toBe(inner.key);
        expect(await find('outer', 'ínner', 'a')).toEqual(file);
        expect(await namesOf(await list('outer'))).toEqual(['ínner']);
        expect((await list('outer', 'ínner'))?.folder).toMatchObject({ key: inner.key, parentKey: outer.key });
        expect(await namesOf(await list('outer', 'ínner'))).toEqual(['a']);
        const alone = await list('outer', 'ínner', 'a');
        expect([alone?.folder, await namesOf(alone)]).toEqual([file, []]);
      }
      expect((await findAlong(space, outer.key, ['ínner', 'a']))?.key).toBe(file.key);
    });

    it('leads nowhere through what is not there, through files, and through what was moved or deleted', async () => {
      const { space, outer, inner, find, list } = await world();
      const paths = [['no'], ['outer', 'no'], ['no', 'ínner'], ['outer', 'ínner', 'a', 'b']];
      for (const path of paths)
        expect([await find(...path), await list(...path)], path.join('/')).toEqual([undefined, undefined]);
      expect((await find('outer', 'ínner'))?.key).toBe(inner.key);
      const moved = await space.move(outer.key, { name: 'other' });
      expect([await find('outer', 'ínner'), await list('outer', 'ínner', 'a')]).toEqual([undefined, undefined]);
      expect(await namesOf(await list('other', 'ínner'))).toEqual(['a']);
      await space.remove(moved.key);
      expect([await find('other', 'ínner'), await list('other', 'ínner')]).toEqual([undefined, undefined]);
      expect(await childrenIn(space, space.rootKey)).toEqual([]);
    });
  });
}
