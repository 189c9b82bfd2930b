import { describe, expect, it } from 'vitest';
import type { Node } from '../../../src/files/index.js';
import { childrenIn, codeOf, namesIn, refusalOf, textOf, words, type FileSpaceAdapter } from './harness.js';

/** Names that are legal and have broken somebody's code. */
const WEIRD_NAMES = [
  'a b',
  ' leading and trailing ',
  '.hidden',
  'dots...',
  '...',
  'a+b',
  'a%20b',
  '%2e%2e',
  '%',
  'a&b=c',
  'a?b',
  'a#b',
  'a;b,c',
  "it's",
  '"quoted"',
  '<b>',
  '{x}[y]',
  '~',
  '$HOME',
  '`id`',
  'C:',
  'con',
  'null',
  'root',
  '0',
  '-rf',
  '*',
  'señor',
  'Ελληνικά',
  '文件',
  '🙂',
  '👩‍👩‍👧',
  'مرحبا',
  'x'.repeat(100),
  '語'.repeat(85),
  'e\u{301}'.normalize('NFC'),
];

/** Making, finding, moving and deleting files and folders. */
export function describeTrees({ open, cannot = {} }: FileSpaceAdapter): void {
  describe('the root', () => {
    it('is an empty folder without a parent', async () => {
      const { space } = await open();
      const listing = await space.list(space.rootKey);
      expect(listing.folder).toMatchObject({ key: space.rootKey, parentKey: null, kind: 'folder', size: 0 });
      expect(await namesIn(space, space.rootKey)).toEqual([]);
    });

    it('PTH-06 cannot be renamed, moved or deleted', async () => {
      const { space } = await open();
      const folder = await space.makeFolder(space.rootKey, 'Folder');
      for (const change of [
        () => space.move(space.rootKey, { name: 'new' }),
        () => space.move(space.rootKey, { parentKey: folder.key }),
        () => space.remove(space.rootKey),
      ]) {
        expect(['forbidden', 'invalid']).toContain(await codeOf(change()));
      }
    });
  });

  describe('making', () => {
    it('answers a file as it can then be found', async () => {
      const { space } = await open();
      const file = await space.create(space.rootKey, 'a.txt', words('Wikipedia'));
      const facts = { kind: 'file', status: 'NEW', version: 1, size: 9, checksum: 0x11e60398 };
      expect(file).toMatchObject({ name: 'a.txt', parentKey: space.rootKey, ...facts });
      expect(file.etag).toMatch(cannot.strongTags === undefined ? /^"[^"]+"$/ : /^W\/"[^"]+"$/);
      expect(await space.stat(file.key)).toEqual(file);
      expect(await childrenIn(space, space.rootKey)).toEqual([file]);
    });

    it('keeps an empty file as such', async () => {
      const { space } = await open();
      const file = await space.create(space.rootKey, 'empty', words(''));
      expect(file).toMatchObject({ size: 0, checksum: 0, mimetype: 'inode/x-empty' });
      expect(await textOf(space.open(file.key))).toBe('');
    });

    it('answers a folder as it can then be found', async () => {
      const { space } = await open();
      const folder = await space.makeFolder(space.rootKey, 'Plans');
      const facts = { kind: 'folder', status: 'NEW', version: 1, size: 0, checksum: 0, mimetype: 'inode/directory' };
      expect(folder).toMatchObject({ name: 'Plans', parentKey: space.rootKey, etag: '', ...facts });
      expect(await space.stat(folder.key)).toEqual(folder);
    });

    it('PTH-01 PTH-02 keeps every legal name as it is', async () => {
      const { space } = await open();
      for (const name of WEIRD_NAMES) expect((await space.create(space.rootKey, name, words(name))).name).toBe(name);
      expect(await namesIn(space, space.rootKey)).toEqual([...WEIRD_NAMES].sort());
      for (const node of await childrenIn(space, space.rootKey))
        expect(await textOf(space.open(node.key))).toBe(node.name);
    });

    it('keeps every legal name of a folder, too, and finds what is below', async () => {
      const { space } = await open();
      for (const name of WEIRD_NAMES) {
        const folder = await space.makeFolder(space.rootKey, name);
        await space.create(folder.key, name, words('inside'));
        expect(await namesIn(space, folder.key)).toEqual([name]);
      }
    });

    it('PTH-04 takes names that differ in case for two', async () => {
      const { space } = await open();
      await space.create(space.rootKey, 'Readme', words('1'));
      await space.create(space.rootKey, 'README', words('2'));
      expect(await namesIn(space, space.rootKey)).toEqual(['README', 'Readme']);
    });

    it('PTH-04 refuses a live namesake and says so, whatever kind it is', async () => {
      const { space } = await open();
      await space.create(space.rootKey, 'file', words('1'));
      await space.makeFolder(space.rootKey, 'folder');
      for (const name of ['file', 'folder']) {
        const file = await refusalOf(space.create(space.rootKey, name, words('2')));
        expect(file).toMatchObject({ code: 'invalid', reason: 'name-taken' });
        const folder = await refusalOf(space.makeFolder(space.rootKey, name));
        expect(folder).toMatchObject({ code: 'invalid', reason: 'folder-exists' });
      }
      expect(await namesIn(space, space.rootKey)).toEqual(['file', 'folder']);
    });

    it('allows the same name in two folders', async () => {
      const { space } = await open();
      const folder = await space.makeFolder(space.rootKey, 'x');
      await space.makeFolder(folder.key, 'x');
      expect(await namesIn(space, folder.key)).toEqual(['x']);
    });

    it('refuses a parent that is unknown, a file or deleted', async () => {
      const { space } = await open();
      const file = await space.create(space.rootKey, 'file', words('1'));
      const gone = await space.makeFolder(space.rootKey, 'gone');
      await space.remove(gone.key);
      expect(await codeOf(space.create('123456789', 'a', words('1')))).toBe('not-found');
      expect(await codeOf(space.makeFolder('123456789', 'a'))).toBe('not-found');
      expect(await codeOf(space.create(file.key, 'a', words('1')))).toBe('invalid');
      expect(await codeOf(space.makeFolder(file.key, 'a'))).toBe('invalid');
      expect(['invalid', 'not-found']).toContain(await codeOf(space.create(gone.key, 'a', words('1'))));
      expect(['invalid', 'not-found']).toContain(await codeOf(space.makeFolder(gone.key, 'a')));
    });
  });

  describe('listing', () => {
    it('shows one level', async () => {
      const { space } = await open();
      const folder = await space.makeFolder(space.rootKey, 'one');
      await space.makeFolder(folder.key, 'two');
      expect(await namesIn(space, space.rootKey)).toEqual(['one']);
    });

    it('answers a file itself, without children', async () => {
      const { space } = await open();
      const file = await space.create(space.rootKey, 'file', words('1'));
      expect((await space.list(file.key)).folder).toEqual(file);
      expect(await childrenIn(space, file.key)).toEqual([]);
    });

    it('shows every child of a folder once', async () => {
      const { space } = await open();
      const names = Array.from({ length: 60 }, (_, index) => `f${String(index).padStart(4, '0')}`);
      for (const name of names) await space.makeFolder(space.rootKey, name);
      expect(await namesIn(space, space.rootKey)).toEqual(names);
    });

    it('says not-found for a key that nobody gave', async () => {
      const { space } = await open();
      for (const key of ['123456789', '999999999999999999', '1e3', '0x10', '-1', '01', '', ' ', '../etc', 'ä']) {
        expect(await codeOf(space.stat(key)), key).toBe('not-found');
        expect(await codeOf(space.list(key)), key).toBe('not-found');
        expect(await codeOf(space.open(key)), key).toBe('not-found');
      }
    });
  });

  describe('moving', () => {
    it('renames in place: one version more, the content and its tag unchanged', async () => {
      const { space, advance } = await open();
      const file = await space.create(space.rootKey, 'a', words('same'));
      advance(60_000);
      const renamed = await space.move(file.key, { name: 'b' });
      expect(renamed).toMatchObject({ name: 'b', status: 'RENAMED', version: 2, parentKey: space.rootKey });
      expect(renamed.key === file.key).toBe(!space.abilities.keysArePaths);
      expect(renamed.etag.replace(/^W\//, '')).toBe(file.etag.replace(/^W\//, ''));
      expect(await namesIn(space, space.rootKey)).toEqual(['b']);
      expect(await textOf(space.open(renamed.key))).toBe('same');
    });

    it('moves a folder with everything below, renaming it on the way', async () => {
      const { space } = await open();
      const { from, to } = await twoFolders(space.makeFolder.bind(space, space.rootKey));
      const inner = await space.makeFolder(from.key, 'inner');
      await space.create(inner.key, 'deep', words('deep'));
      const moved = await space.move(inner.key, { parentKey: to.key, name: 'renamed' });
      expect(moved).toMatchObject({ parentKey: to.key, name: 'renamed' });
      expect(await namesIn(space, from.key)).toEqual([]);
      expect(await namesIn(space, moved.key)).toEqual(['deep']);
    });

    it('keeps the name when only a parent is given', async () => {
      const { space } = await open();
      const { from, to } = await twoFolders(space.makeFolder.bind(space, space.rootKey));
      const file = await space.create(from.key, 'a', words('1'));
      expect(await space.move(file.key, { parentKey: to.key })).toMatchObject({ name: 'a', parentKey: to.key });
    });

    it('does not take an item for its own namesake', async () => {
      const { space } = await open();
      const file = await space.create(space.rootKey, 'a', words('1'));
      expect(await space.move(file.key, { name: 'a' })).toMatchObject({ name: 'a' });
    });

    it('refuses a clash in the target folder, says so and changes nothing', async () => {
      const { space } = await open();
      const { from, to } = await twoFolders(space.makeFolder.bind(space, space.rootKey));
      const file = await space.create(from.key, 'a', words('1'));
      await space.create(to.key, 'a', words('2'));
      const refusal = await refusalOf(space.move(file.key, { parentKey: to.key }));
      expect(refusal).toMatchObject({ code: 'invalid', reason: 'name-taken' });
      expect(await space.stat(file.key)).toEqual(file);
    });

    it('PTH-06 refuses to put a folder into itself or below itself', async () => {
      const { space } = await open();
      const outer = await space.makeFolder(space.rootKey, 'outer');
      const inner = await space.makeFolder(outer.key, 'inner');
      expect(await codeOf(space.move(outer.key, { parentKey: outer.key }))).toBe('invalid');
      expect(await codeOf(space.move(outer.key, { parentKey: inner.key }))).toBe('invalid');
      expect(await namesIn(space, outer.key)).toEqual(['inner']);
    });

    it('refuses an unknown target, a file as target, an unknown item and a move to nowhere', async () => {
      const { space } = await open();
      const file = await space.create(space.rootKey, 'a', words('1'));
      const other = await space.create(space.rootKey, 'b', words('1'));
      expect(await codeOf(space.move(file.key, { parentKey: '123456789' }))).toBe('not-found');
      expect(await codeOf(space.move(file.key, { parentKey: other.key }))).toBe('invalid');
      expect(await codeOf(space.move('123456789', { name: 'x' }))).toBe('not-found');
      expect(await codeOf(space.move(file.key, {}))).toBe('invalid');
    });
  });

  describe('deleting', () => {
    it('takes a folder away with everything below', async () => {
      const { space } = await open();
      const outer = await space.makeFolder(space.rootKey, 'outer');
      const inner = await space.makeFolder(outer.key, 'inner');
      const file = await space.create(inner.key, 'file', words('1'));
      expect(await space.remove(outer.key)).toMatchObject({ name: 'outer', status: 'DELETED', version: 2 });
      expect(await namesIn(space, space.rootKey)).toEqual([]);
      expect(await codeOf(space.open(file.key))).toBe('not-found');
    });

    it('frees the name', async () => {
      const { space } = await open();
      const first = await space.create(space.rootKey, 'a', words('1'));
      await space.remove(first.key);
      const second = await space.create(space.rootKey, 'a', words('2'));
      expect(await textOf(space.open(second.key))).toBe('2');
    });

    it('says not-found to any change of what is deleted', async () => {
      const { space } = await open();
      const file = await space.create(space.rootKey, 'a', words('1'));
      await space.remove(file.key);
      expect(await codeOf(space.remove(file.key))).toBe('not-found');
      expect(await codeOf(space.move(file.key, { name: 'b' }))).toBe('not-found');
      expect(await codeOf(space.replace(file.key, words('2')))).toBe('not-found');
    });

    it.skipIf(cannot.deleted)('keeps deleted nodes for those who ask for them', async () => {
      const { space } = await open();
      const outer = await space.makeFolder(space.rootKey, 'outer');
      const file = await space.create(outer.key, 'a', words('1'));
      await space.remove(outer.key);
      expect(await space.stat(file.key)).toMatchObject({ status: 'DELETED', version: 2 });
      const everything: Node[] = await childrenIn(space, space.rootKey, true);
      expect(everything).toMatchObject([{ name: 'outer', status: 'DELETED' }]);
    });
  });
}

async function twoFolders(make: (name: string) => Promise<Node>): Promise<{ from: Node; to: Node }> {
  return { from: await make('from'), to: await make('to') };
}
