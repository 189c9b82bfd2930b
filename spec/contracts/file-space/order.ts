import { describe, expect, it } from 'vitest';
import { keepsOrder, nearestIn, type FileSpace, type Node, type NodeKey } from '../../../src/files/index.js';
import { pageOf, type ListPage, type PageWish } from '../../../src/platform/index.js';
import { codeOf, words, type FileSpaceAdapter } from './harness.js';

/** Folders and files in the order in which everybody shall see them. */
const FOLDERS = ['\u00c4pfel', 'Birnen', 'file 2', 'file 10', 'zu guter Letzt', '\u65e5\u8a18', '\u{1f600}'];
const FILES = [' ', '!', '0', '1', '02', '2.txt', '10', '_', 'a', 'A', '\u00e1', 'b', '\uff52', 'Straße', 'STRASSE 2'];

/** Reading a folder in the order of names, part by part. */
export function describeOrder({ open, cannot = {} }: FileSpaceAdapter): void {
  describe('a folder in order', () => {
    it('F-52 says whether it keeps the order, or is listed whole', async () => {
      expect(keepsOrder((await open()).space)).toBe(cannot.order === undefined);
    });

    it('F-52 has folders first, then names in their natural order, and nothing twice or left out', async () => {
      const { space } = await open();
      await fill(space);
      for (const limit of [1, 4, 100]) {
        const pages = await allPages(space, limit);
        expect(pages.flatMap(({ items }) => namesOf(items))).toEqual([...FOLDERS, ...FILES]);
        expect(pages.every(({ items }) => items.length <= limit)).toBe(true);
      }
    });

    it('F-52 goes back through the pages it came by', async () => {
      const { space } = await open();
      await fill(space);
      const pages = await allPages(space, 4);
      for (const [index, { before }] of pages.entries()) {
        if (before === undefined) continue;
        const back = await pageIn(space, { limit: 4, from: { key: before, towards: 'before' } });
        expect(namesOf(back.items)).toEqual(namesOf(pages[index - 1]?.items ?? []));
      }
      expect(pages[0]?.before).toBeUndefined();
    });

    it('F-52 is right after something was renamed, moved or deleted', async () => {
      const { space } = await open();
      const [first, second] = [await space.create(space.rootKey, 'a', words('1')), await makeFolder(space, 'b')];
      await space.create(space.rootKey, 'c', words('1'));
      expect(await namesInOrder(space)).toEqual(['b', 'a', 'c']);
      const renamed = await space.move(first.key, { name: 'd' });
      expect(await namesInOrder(space)).toEqual(['b', 'c', 'd']);
      const moved = await space.move(renamed.key, { parentKey: second.key });
      expect(await namesInOrder(space)).toEqual(['b', 'c']);
      expect(await namesInOrder(space, second.key)).toEqual(['d']);
      await space.replace(moved.key, words('2'));
      await space.remove(second.key);
      expect(await namesInOrder(space)).toEqual(['c']);
    });

    it('F-52 goes on from a place where nothing stands any more', async () => {
      const { space } = await open();
      for (const name of ['a', 'b', 'c', 'd']) await space.create(space.rootKey, name, words(name));
      const first = await pageIn(space, { limit: 2 });
      const last = first.items[1];
      if (first.after === undefined || last === undefined) throw new Error('there is only one page');
      await space.remove(last.key);
      const second = await pageIn(space, { limit: 2, from: { key: first.after, towards: 'after' } });
      expect(namesOf(second.items)).toEqual(['c', 'd']);
    });

    it('F-52 answers the folder beside its page, a file alone, and nothing for a key that nobody gave', async () => {
      const { space } = await open();
      const file = await space.create(space.rootKey, 'file', words('1'));
      expect(await nearestIn(space, space.rootKey, { limit: 5 })).toMatchObject({
        folder: { key: space.rootKey, kind: 'folder' },
        rows: [{ view: file }],
      });
      expect(await nearestIn(space, file.key, { limit: 5 })).toMatchObject({ folder: file, rows: [] });
      expect(await codeOf(nearestIn(space, '123456789', { limit: 5 }))).toBe('not-found');
    });
  });
}

async function fill(space: FileSpace): Promise<void> {
  for (const name of FILES.toReversed()) await space.create(space.rootKey, name, words(name));
  for (const name of FOLDERS.toReversed()) await makeFolder(space, name);
}

function makeFolder(space: FileSpace, name: string): Promise<Node> {
  return space.makeFolder(space.rootKey, name);
}

async function pageIn(space: FileSpace, wish: PageWish, key: NodeKey = space.rootKey): Promise<ListPage<Node>> {
  return pageOf((await nearestIn(space, key, wish)).rows, wish);
}

async function allPages(space: FileSpace, limit: number): Promise<ListPage<Node>[]> {
  const pages: ListPage<Node>[] = [];
  for (let from: PageWish['from']; ;) {
    const page = await pageIn(space, { limit, from });
    pages.push(page);
    if (page.after === undefined) return pages;
    from = { key: page.after, towards: 'after' };
  }
}

async function namesInOrder(space: FileSpace, key?: NodeKey): Promise<string[]> {
  return namesOf((await pageIn(space, { limit: 100 }, key)).items);
}

function namesOf(nodes: readonly Node[]): string[] {
  return nodes.map((node) => node.name);
}
