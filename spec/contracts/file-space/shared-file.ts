import { describe, expect, it } from 'vitest';
import { historyOf } from '../../../src/files/index.js';
import { childrenIn, codeOf, refusalOf, textOf, words, type FileSpaceHarness, type Shortcomings } from './harness.js';

/** An adapter whose spaces have a single file at their top, `letter.txt`, with the content `twelve`. */
export interface SharedFileAdapter {
  readonly name: string;
  readonly cannot?: Pick<Shortcomings, 'versions'>;
  open(): Promise<FileSpaceHarness>;
}

/** What a file space must do whose top is a file (cloudspaces-interop.md 13, "files or folders?"). */
export function describeSharedFile({ name, open, cannot = {} }: SharedFileAdapter): void {
  describe(`${name} of a single file`, () => {
    it('answers the file, above which there is nothing', async () => {
      const { space } = await open();
      const top = { key: space.rootKey, parentKey: null, kind: 'file', name: 'letter.txt', size: 6, version: 1 };
      expect(await space.stat(space.rootKey)).toMatchObject(top);
    });

    it('lists the file itself and nothing in it', async () => {
      const { space } = await open();
      const { folder } = await space.list(space.rootKey);
      expect(folder).toEqual(await space.stat(space.rootKey));
      expect(await childrenIn(space, space.rootKey)).toEqual([]);
    });

    it('is read whole, in part, and not again when it is still the same', async () => {
      const { space } = await open();
      const { etag } = await space.stat(space.rootKey);
      expect(await textOf(space.open(space.rootKey))).toBe('twelve');
      const part = await space.open(space.rootKey, { range: { kind: 'last', length: 2 } });
      expect(part).toMatchObject({ size: 6, range: { start: 4, end: 5 } });
      expect(await textOf(Promise.resolve(part))).toBe('ve');
      const again = await space.open(space.rootKey, { conditions: { ifNoneMatch: [etag] } });
      expect(again.outcome).toBe('not-modified');
    });

    it('is replaced, and keeps its older versions where they are kept', async () => {
      const { space } = await open();
      const { etag } = await space.stat(space.rootKey);
      const replaced = await space.replace(space.rootKey, words('thirteen'), { conditions: { ifMatch: [etag] } });
      expect(replaced).toMatchObject({ key: space.rootKey, parentKey: null, kind: 'file', version: 2, size: 8 });
      expect(await textOf(space.open(space.rootKey))).toBe('thirteen');
      if (cannot.versions === undefined) {
        expect(await textOf(space.open(space.rootKey, { version: 1 }))).toBe('twelve');
        expect(await historyOf(space, space.rootKey)).toMatchObject([{ version: 2 }, { version: 1, size: 6 }]);
      }
      const late = space.replace(space.rootKey, words('fourteen'), { conditions: { ifMatch: [etag] } });
      expect(await codeOf(late)).toBe('precondition-failed');
    });

    it('PTH-06 cannot be renamed, moved or deleted, and nothing can be put into it', async () => {
      const { space } = await open();
      const { rootKey } = space;
      expect(await codeOf(space.move(rootKey, { name: 'mine.txt' }))).toBe('forbidden');
      expect(await codeOf(space.remove(rootKey))).toBe('forbidden');
      expect(await refusalOf(space.create(rootKey, 'a', words('1')))).toMatchObject({
        code: 'invalid',
        message: 'Incorrect parent.',
      });
      expect(await refusalOf(space.makeFolder(rootKey, 'a'))).toMatchObject({
        code: 'invalid',
        message: 'Parent must be a folder, not a file.',
      });
      expect(await space.stat(rootKey)).toMatchObject({ name: 'letter.txt', status: 'NEW', version: 1 });
    });
  });
}
