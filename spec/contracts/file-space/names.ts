import { describe, expect, it } from 'vitest';
import { codeOf, namesIn, refusalOf, textOf, words, type FileSpaceAdapter } from './harness.js';

/** Finding by name, and putting a content where a name says (RFC 4918 9.7). */
export function describeNames({ open, cannot = {} }: FileSpaceAdapter): void {
  describe('finding by name', () => {
    it('answers the one live child that is called so, whatever kind it is', async () => {
      const { space } = await open();
      const file = await space.create(space.rootKey, 'a', words('1'));
      const folder = await space.makeFolder(space.rootKey, 'A');
      const inner = await space.create(folder.key, 'a', words('22'));
      expect(await space.find(space.rootKey, 'a')).toEqual(file);
      expect(await space.find(space.rootKey, 'A')).toMatchObject({ key: folder.key, name: 'A', kind: 'folder' });
      expect(await space.find(folder.key, 'a')).toEqual(inner);
    });

    it('answers nothing for a name that nothing has, or nothing any more', async () => {
      const { space } = await open();
      const file = await space.create(space.rootKey, 'a', words('1'));
      const folder = await space.makeFolder(space.rootKey, 'folder');
      await space.create(folder.key, 'inner', words('1'));
      await space.move(file.key, { name: 'b' });
      expect(await space.find(space.rootKey, 'a')).toBeUndefined();
      expect(await space.find(space.rootKey, 'inner')).toBeUndefined();
      expect(await space.find(file.key, 'a')).toBeUndefined();
      await space.remove(folder.key);
      expect(await space.find(space.rootKey, 'folder')).toBeUndefined();
      expect(await space.find(folder.key, 'inner')).toBeUndefined();
    });

    it('is not-found below what is unknown', async () => {
      const { space } = await open();
      expect(await codeOf(space.find('123456789', 'a'))).toBe('not-found');
    });
  });

  describe('putting by name', () => {
    it('makes the file where nothing is called so, and says that it is new', async () => {
      const { space } = await open();
      const file = await space.put(space.rootKey, 'a', words('one'));
      expect(file).toMatchObject({ name: 'a', parentKey: space.rootKey, status: 'NEW', version: 1, size: 3 });
      expect(await space.find(space.rootKey, 'a')).toEqual(file);
      expect(await textOf(space.open(file.key))).toBe('one');
    });

    it('gives the file that is called so new content', async () => {
      const { space } = await open();
      const file = await space.create(space.rootKey, 'a', words('one'));
      const put = await space.put(space.rootKey, 'a', words('number two'));
      expect(put).toMatchObject({ key: file.key, status: 'CHANGED', version: 2, size: 10 });
      expect(await namesIn(space, space.rootKey)).toEqual(['a']);
      expect(await textOf(space.open(file.key))).toBe('number two');
    });

    it('PTH-04 never puts a file where a folder is', async () => {
      const { space } = await open();
      await space.makeFolder(space.rootKey, 'a');
      const refused = await refusalOf(space.put(space.rootKey, 'a', words('1')));
      expect(refused).toMatchObject({ code: 'invalid', reason: 'name-taken' });
    });

    it('refuses a parent that is unknown, a file or deleted', async () => {
      const { space } = await open();
      const file = await space.create(space.rootKey, 'file', words('1'));
      const gone = await space.makeFolder(space.rootKey, 'gone');
      await space.remove(gone.key);
      expect(await codeOf(space.put('123456789', 'a', words('1')))).toBe('not-found');
      expect(await codeOf(space.put(file.key, 'a', words('1')))).toBe('invalid');
      expect(['invalid', 'not-found']).toContain(await codeOf(space.put(gone.key, 'a', words('1'))));
    });

    it('UPL-01 leaves what is there when the content is not what was announced', async () => {
      const { space } = await open();
      const file = await space.create(space.rootKey, 'a', words('one'));
      expect(await codeOf(space.put(space.rootKey, 'a', { ...words('two'), length: 4 }))).toBe('invalid');
      expect(await codeOf(space.put(space.rootKey, 'b', { ...words('two'), length: 4 }))).toBe('invalid');
      expect(await namesIn(space, space.rootKey)).toEqual(['a']);
      expect(await textOf(space.open(file.key))).toBe('one');
    });

    it.skipIf(cannot.conditions)('UPL-02 holds to what the asker last saw, or saw nothing of', async () => {
      const { space } = await open();
      const put = (text: string, conditions: object): Promise<unknown> =>
        space.put(space.rootKey, 'a', words(text), { conditions });
      expect(await codeOf(put('0', { ifMatch: '*' }))).toBe('precondition-failed');
      expect(await namesIn(space, space.rootKey)).toEqual([]);
      await put('1', { ifNoneMatch: '*' });
      const first = await space.find(space.rootKey, 'a');
      expect(await codeOf(put('2', { ifNoneMatch: '*' }))).toBe('precondition-failed');
      await put('2', { ifMatch: [first?.etag] });
      expect(await codeOf(put('3', { ifMatch: [first?.etag] }))).toBe('precondition-failed');
      expect(await space.find(space.rootKey, 'a')).toMatchObject({ version: 2 });
    });

    it.skipIf(cannot.conditions)('UPL-03 lets one of many be the first', async () => {
      const { space } = await open();
      const puts = Array.from({ length: 6 }, (_, index) =>
        space.put(space.rootKey, 'a', words(`first ${String(index)}`), { conditions: { ifNoneMatch: '*' } }),
      );
      const outcomes = await Promise.allSettled(puts);
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(await space.find(space.rootKey, 'a')).toMatchObject({ version: 1 });
    });

    it.skipIf(cannot.onePut)('takes all that come at once, one after the other', async () => {
      const { space } = await open();
      const puts = Array.from({ length: 6 }, (_, index) => space.put(space.rootKey, 'a', words(String(index))));
      const versions = (await Promise.all(puts)).map(({ version }) => version);
      expect(versions.sort()).toEqual([1, 2, 3, 4, 5, 6]);
      expect(await namesIn(space, space.rootKey)).toEqual(['a']);
    });

    it.skipIf(cannot.onePut ?? cannot.receipts)('PEER-05 answers a repeat as the first', async () => {
      const { space } = await open();
      const receipt = { key: 'once', digest: 'put' };
      const file = await space.put(space.rootKey, 'a', words('1'), { receipt });
      expect(await space.put(space.rootKey, 'a', words('1'), { receipt })).toEqual(file);
      const again = { receipt: { key: 'again', digest: 'put' } };
      const replaced = await space.put(space.rootKey, 'a', words('2'), again);
      expect(await space.put(space.rootKey, 'a', words('2'), again)).toEqual(replaced);
      expect(await codeOf(space.put(space.rootKey, 'a', words('3'), again))).toBe('unprocessable');
    });
  });
}
