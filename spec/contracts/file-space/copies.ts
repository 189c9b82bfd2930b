import { describe, expect, it } from 'vitest';
import { copies, type CopyingSpace, type FileSpace } from '../../../src/files/index.js';
import { childrenIn, codeOf, namesIn, refusalOf, textOf, words, type FileSpaceAdapter } from './harness.js';

const MINUTE = 60_000;

/** Copies inside one space, and moves that replace what stands in their way (RFC 4918 9.8 and 9.9). */
export function describeCopies({ open, cannot = {} }: FileSpaceAdapter): void {
  async function openCopying(): Promise<{ space: CopyingSpace; advance(millis: number): void }> {
    const { space, advance } = await open();
    return { space: copying(space), advance };
  }

  describe.runIf(cannot.copies)('a space that makes no copies', () => {
    it('does not say that it can', async () => {
      const { space } = await open();
      expect(copies(space)).toBe(false);
    });
  });

  describe.skipIf(cannot.copies)('a copy', () => {
    it('is a file of its own with the same content, made now, its content as old as before', async () => {
      const { space, advance } = await openCopying();
      const file = await space.create(space.rootKey, 'a', words('same'));
      advance(MINUTE);
      const copy = await space.copy(file.key, { parentKey: space.rootKey, name: 'b' });
      const { etag, size, checksum, mimetype, contentAt } = file;
      expect(copy).toMatchObject({ name: 'b', status: 'NEW', version: 1, parentKey: space.rootKey });
      expect(copy).toMatchObject({ size, checksum, mimetype, contentAt });
      expect(copy.key).not.toBe(file.key);
      if (cannot.copiedFacts === undefined) {
        expect(copy.etag).toBe(etag);
        expect(copy.modifiedAt - file.modifiedAt).toBe(MINUTE);
        expect(copy.createdAt).toBe(copy.modifiedAt);
      }
      expect(await space.stat(copy.key)).toEqual(copy);
      expect(await textOf(space.open(copy.key))).toBe('same');
    });

    it('goes its own way: each can change and go without the other', async () => {
      const { space } = await openCopying();
      const file = await space.create(space.rootKey, 'a', words('same'));
      const copy = await space.copy(file.key, { parentKey: space.rootKey, name: 'b' });
      await space.replace(file.key, words('other'));
      expect(await textOf(space.open(copy.key))).toBe('same');
      await space.remove(file.key);
      expect(await textOf(space.open(copy.key))).toBe('same');
      const again = await space.copy(copy.key, { parentKey: space.rootKey, name: 'c' });
      await space.remove(copy.key);
      expect(await textOf(space.open(again.key))).toBe('same');
    });

    it('of a folder has everything live that was in it, under keys of its own', async () => {
      const { space } = await openCopying();
      const outer = await space.makeFolder(space.rootKey, 'outer');
      const inner = await space.makeFolder(outer.key, 'inner');
      const deep = await space.create(inner.key, 'deep', words('deep'));
      const gone = await space.create(outer.key, 'gone', words('gone'));
      await space.remove(gone.key);
      const copy = await space.copy(outer.key, { parentKey: space.rootKey, name: 'copy' });
      expect(await namesIn(space, copy.key)).toEqual(['inner']);
      const [copied] = await childrenIn(space, copy.key);
      const [file] = await childrenIn(space, copied?.key ?? '');
      expect(file).toMatchObject({ name: 'deep', version: 1, status: 'NEW' });
      if (cannot.copiedFacts === undefined) expect(file?.etag).toBe(deep.etag);
      expect(file?.key).not.toBe(deep.key);
      expect(await textOf(space.open(file?.key ?? ''))).toBe('deep');
      expect(await namesIn(space, outer.key)).toEqual(['inner']);
      await space.remove(outer.key);
      expect(await textOf(space.open(file?.key ?? ''))).toBe('deep');
    });

    it('keeps its name elsewhere, and takes the time that the asker says', async () => {
      const { space } = await openCopying();
      const file = await space.create(space.rootKey, 'a', words('1'));
      const folder = await space.makeFolder(space.rootKey, 'folder');
      const copy = await space.copy(file.key, { parentKey: folder.key }, { contentAt: 784_111_777_000 });
      expect(copy).toMatchObject({ name: 'a', parentKey: folder.key, contentAt: 784_111_777_000 });
    });

    it('refuses a name that is taken, itself as its place, and what is not there, and leaves nothing', async () => {
      const { space } = await openCopying();
      const file = await space.create(space.rootKey, 'a', words('1'));
      const outer = await space.makeFolder(space.rootKey, 'outer');
      const inner = await space.makeFolder(outer.key, 'inner');
      const copy = (key: string, parentKey: string) => space.copy(key, { parentKey });
      expect(await refusalOf(copy(file.key, space.rootKey))).toMatchObject({ reason: 'name-taken' });
      expect(await refusalOf(copy(outer.key, inner.key))).toMatchObject({ reason: 'into-itself' });
      expect(await refusalOf(copy(outer.key, outer.key))).toMatchObject({ reason: 'into-itself' });
      expect(await codeOf(copy(file.key, '123456789'))).toBe('not-found');
      expect(await codeOf(copy(outer.key, file.key))).toBe('invalid');
      expect(await codeOf(copy('123456789', outer.key))).toBe('not-found');
      expect(await codeOf(copy(space.rootKey, outer.key))).toMatch(/not-found|invalid/);
      await space.remove(file.key);
      expect(await codeOf(copy(file.key, outer.key))).toBe('not-found');
      expect(await namesIn(space, space.rootKey)).toEqual(['outer']);
      expect(await namesIn(space, outer.key)).toEqual(['inner']);
    });

    it.skipIf(cannot.overwriting)(
      'goes onto a file if the asker wishes, which then has its content and stays itself',
      async () => {
        const { space, advance } = await openCopying();
        const [from, old] = [
          await space.create(space.rootKey, 'a', words('new')),
          await space.create(space.rootKey, 'b', words('old')),
        ];
        advance(MINUTE);
        const copy = await space.copy(from.key, { parentKey: space.rootKey, name: 'b' }, { onto: true });
        const { etag, size, checksum, contentAt } = from;
        expect(copy).toMatchObject({
          key: old.key,
          name: 'b',
          version: 2,
          status: 'CHANGED',
          etag,
          size,
          checksum,
          contentAt,
        });
        expect(copy.modifiedAt - old.modifiedAt).toBe(MINUTE);
        expect(await space.stat(old.key)).toEqual(copy);
        expect([await textOf(space.open(old.key)), await textOf(space.open(from.key))]).toEqual(['new', 'new']);
        await space.remove(from.key);
        expect(await textOf(space.open(old.key))).toBe('new');
        expect(await space.copy(copy.key, { parentKey: space.rootKey, name: 'c' }, { onto: true })).toMatchObject({
          version: 1,
        });
      },
    );

    it.skipIf(cannot.overwriting)('goes onto no folder, and a folder onto nothing', async () => {
      const { space } = await openCopying();
      const file = await space.create(space.rootKey, 'file', words('1'));
      const folder = await space.makeFolder(space.rootKey, 'folder');
      const onto = (key: string, name: string) =>
        refusalOf(space.copy(key, { parentKey: space.rootKey, name }, { onto: true }));
      expect(await onto(file.key, 'folder')).toMatchObject({ reason: 'name-taken' });
      expect(await onto(folder.key, 'file')).toMatchObject({ reason: 'name-taken' });
      expect(await onto(file.key, 'file')).toMatchObject({ reason: 'name-taken' });
      expect(await textOf(space.open(file.key))).toBe('1');
    });

    it.skipIf(cannot.conditions)('is made of what the asker last saw', async () => {
      const { space } = await openCopying();
      const file = await space.create(space.rootKey, 'a', words('1'));
      const copy = (options: object) => space.copy(file.key, { parentKey: space.rootKey, name: 'b' }, options);
      expect(await codeOf(copy({ conditions: { ifMatch: ['"other"'] } }))).toBe('precondition-failed');
      expect(await copy({ conditions: { ifMatch: [file.etag] } })).toMatchObject({ name: 'b' });
    });

    it.skipIf(cannot.receipts)('is made once', async () => {
      const { space } = await openCopying();
      const file = await space.create(space.rootKey, 'a', words('1'));
      const once = { receipt: { key: 'once', digest: 'copy' } };
      const copy = () => space.copy(file.key, { parentKey: space.rootKey, name: 'b' }, once);
      const first = await copy();
      expect(await copy()).toEqual(first);
      expect(await namesIn(space, space.rootKey)).toEqual(['a', 'b']);
    });
  });

  describe('a move that may overwrite', () => {
    it.runIf(cannot.overwriting)('is refused as ever where the space cannot', async () => {
      const { space } = await open();
      expect(space.abilities.overwrites).toBe(false);
      const file = await space.create(space.rootKey, 'a', words('1'));
      await space.create(space.rootKey, 'b', words('2'));
      const refused = await refusalOf(space.move(file.key, { name: 'b' }, { overwrite: true }));
      expect(refused).toMatchObject({ code: 'invalid', reason: 'name-taken' });
    });

    it('moves as ever where nothing stands in its way', async () => {
      const { space } = await open();
      const file = await space.create(space.rootKey, 'a', words('1'));
      const moved = await space.move(file.key, { name: 'b' }, { overwrite: true });
      expect(moved).toMatchObject({ name: 'b', version: 2 });
      expect(await space.move(moved.key, { name: 'b' }, { overwrite: true })).toMatchObject({ name: 'b', version: 3 });
      expect(await namesIn(space, space.rootKey)).toEqual(['b']);
    });

    it.skipIf(cannot.overwriting)('replaces what has the name, of whatever kind, which is then deleted', async () => {
      const { space } = await open();
      const file = await space.create(space.rootKey, 'file', words('new'));
      const [outer, folder] = [
        await space.makeFolder(space.rootKey, 'outer'),
        await space.makeFolder(space.rootKey, 'x'),
      ];
      const inside = await space.create(folder.key, 'inside', words('1'));
      const moved = await space.move(file.key, { name: 'x' }, { overwrite: true });
      expect(moved).toMatchObject({ key: file.key, name: 'x', kind: 'file', status: 'RENAMED' });
      expect(await namesIn(space, space.rootKey)).toEqual(['outer', 'x']);
      expect(await codeOf(space.open(inside.key))).toBe('not-found');
      const other = await space.create(outer.key, 'x', words('old'));
      expect(await space.move(file.key, { parentKey: outer.key }, { overwrite: true })).toMatchObject({ name: 'x' });
      expect(await textOf(space.open(file.key))).toBe('new');
      expect(await codeOf(space.open(other.key))).toBe('not-found');
    });

    it.skipIf(cannot.overwriting)('never takes away what it stands in, and changes nothing when refused', async () => {
      const { space } = await open();
      const outer = await space.makeFolder(space.rootKey, 'outer');
      const inner = await space.makeFolder(outer.key, 'outer');
      const refused = await refusalOf(space.move(inner.key, { parentKey: space.rootKey }, { overwrite: true }));
      expect(refused).toMatchObject({ reason: 'into-itself' });
      const file = await space.create(outer.key, 'file', words('1'));
      const stale = { overwrite: true, conditions: { ifMatch: ['"other"'] } };
      expect(await codeOf(space.move(file.key, { name: 'outer' }, stale))).toBe('precondition-failed');
      expect(await namesIn(space, outer.key)).toEqual(['file', 'outer']);
    });
  });
}

function copying(space: FileSpace): CopyingSpace {
  if (!copies(space)) throw new Error('it makes no copies');
  return space;
}
