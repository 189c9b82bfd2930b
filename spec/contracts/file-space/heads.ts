import { describe, expect, it } from 'vitest';
import { keepsVersions, type Opened, type OpenedContent } from '../../../src/files/index.js';
import { bodyOf, codeOf, words, type FileSpaceAdapter } from './harness.js';

const MINUTE = 60_000;

/** What a content is like, asked without its bytes. */
export function describeHeads({ open }: FileSpaceAdapter): void {
  describe('the head of a content', () => {
    it('is what opening it says', async () => {
      const { space } = await open();
      for (const text of ['hello', '']) {
        const { key } = await space.create(space.rootKey, `of ${text}`, words(text));
        const { size, mimetype, etag, takesRanges } = await openedFacts(space.open(key));
        const head = await space.head(key);
        expect(head).toMatchObject({ outcome: 'content', size, mimetype, etag, takesRanges });
        expect(head).not.toHaveProperty('body');
      }
    });

    it('dates the content as opening it does, by the second', async () => {
      const { space } = await open();
      const { key } = await space.create(space.rootKey, 'a', words('1'));
      const seconds = (at: number | undefined): number => Math.floor((at ?? 0) / 1_000);
      const [opened, head] = [await openedFacts(space.open(key)), await space.head(key)];
      expect(seconds(head.modifiedAt)).toBe(seconds(opened.modifiedAt));
    });

    it('is of an older version, too', async () => {
      const { space } = await open();
      const { key } = await space.create(space.rootKey, 'a', words('one'));
      await space.replace(key, words('number two'));
      if (!keepsVersions(space)) return;
      const { size, etag } = await openedFacts(space.open(key, { version: 1 }));
      expect(await space.head(key, { version: 1 })).toMatchObject({ size, etag });
      expect(await codeOf(space.head(key, { version: 9 }))).toBe('not-found');
    });

    it('holds to the conditions of reading', async () => {
      const { space } = await open();
      const { key, etag, modifiedAt } = await space.create(space.rootKey, 'a', words('1'));
      const head = (conditions: object) => space.head(key, { conditions });
      expect(await head({ ifNoneMatch: [etag] })).toMatchObject({ outcome: 'not-modified', etag });
      expect(await head({ ifModifiedSince: modifiedAt })).toMatchObject({ outcome: 'not-modified' });
      expect(await head({ ifNoneMatch: ['"other"'] })).toMatchObject({ outcome: 'content' });
      expect(await codeOf(head({ ifMatch: ['"other"'] }))).toBe('precondition-failed');
      expect(await codeOf(head({ ifUnmodifiedSince: modifiedAt - MINUTE }))).toBe('precondition-failed');
    });

    it('is nothing that folders have, or what is deleted or unknown', async () => {
      const { space } = await open();
      const file = await space.create(space.rootKey, 'a', words('1'));
      const folder = await space.makeFolder(space.rootKey, 'folder');
      await space.remove(file.key);
      for (const key of [file.key, folder.key, space.rootKey, '123456789', 'ä']) {
        expect(await codeOf(space.head(key)), key).toBe('not-found');
      }
    });
  });
}

async function openedFacts(opening: Promise<Opened>): Promise<OpenedContent> {
  const opened = await opening;
  bodyOf(opened).destroy();
  if (opened.outcome !== 'content') throw new Error('not modified');
  return opened;
}
