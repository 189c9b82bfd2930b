import { describe, expect, it } from 'vitest';
import { codeOf, namesIn, textOf, words, type FileSpaceAdapter } from './harness.js';

const MINUTE = 60_000;

/** Preconditions (RFC 9110 13) and repeated requests. */
export function describeConditions({ open, cannot = {} }: FileSpaceAdapter): void {
  describe('conditions of reading', () => {
    it('answers not-modified to the holder of the current tag, weak or strong, or of anything', async () => {
      const { space } = await open();
      const file = await space.create(space.rootKey, 'a', words('1'));
      const other = file.etag.startsWith('W/') ? file.etag.slice(2) : `W/${file.etag}`;
      for (const ifNoneMatch of [[file.etag], ['"other"', file.etag], [other], '*'] as const) {
        const opened = await space.open(file.key, { conditions: { ifNoneMatch } });
        expect(opened).toMatchObject({ outcome: 'not-modified', etag: file.etag });
      }
    });

    it('sends the content to the holder of another tag, whatever the date', async () => {
      const { space } = await open();
      const file = await space.create(space.rootKey, 'a', words('1'));
      const conditions = { ifNoneMatch: ['"other"'], ifModifiedSince: file.modifiedAt + MINUTE };
      expect(await textOf(space.open(file.key, { conditions }))).toBe('1');
    });

    it('compares dates by the second', async () => {
      const { space } = await open();
      const file = await space.create(space.rootKey, 'a', words('1'));
      const second = Math.floor(file.modifiedAt / 1_000) * 1_000;
      const same = await space.open(file.key, { conditions: { ifModifiedSince: second } });
      expect(same.outcome).toBe('not-modified');
      const earlier = space.open(file.key, { conditions: { ifModifiedSince: second - 1_000 } });
      expect(await textOf(earlier)).toBe('1');
    });

    it('refuses when If-Match or If-Unmodified-Since does not hold', async () => {
      const { space } = await open();
      const file = await space.create(space.rootKey, 'a', words('1'));
      const read = (conditions: object): Promise<unknown> => space.open(file.key, { conditions });
      expect(await codeOf(read({ ifMatch: ['"other"'] }))).toBe('precondition-failed');
      expect(await codeOf(read({ ifMatch: [`W/${file.etag}`] }))).toBe('precondition-failed');
      expect(await codeOf(read({ ifUnmodifiedSince: file.modifiedAt - MINUTE }))).toBe('precondition-failed');
      const holds = { ifMatch: [file.etag], ifUnmodifiedSince: file.modifiedAt - MINUTE };
      const opened = space.open(file.key, { conditions: holds });
      if (cannot.strongTags === undefined) expect(await textOf(opened)).toBe('1');
      else expect(await codeOf(opened)).toBe('precondition-failed');
    });

    it('DUR-02 resumes a range only for the tag or the date of the current content', async () => {
      const { space, advance } = await open();
      const first = await space.create(space.rootKey, 'a', words('first content'));
      advance(MINUTE);
      const file = await space.replace(first.key, words('other content'));
      const range = { kind: 'from', start: 6, end: undefined } as const;
      const resume = (ifRange: string | number): Promise<string> =>
        textOf(space.open(file.key, { range, conditions: { ifRange } }));
      expect(await resume(file.etag)).toBe(cannot.strongTags === undefined ? 'content' : 'other content');
      expect(await resume(file.modifiedAt)).toBe('content');
      expect(await resume(first.etag)).toBe('other content');
      expect(await resume(`W/${file.etag}`)).toBe('other content');
      expect(await resume(first.modifiedAt)).toBe('other content');
    });
  });

  describe.skipIf(cannot.conditions)('conditions of changing', () => {
    it('UPL-02 replaces, renames and deletes what the asker last saw', async () => {
      const { space } = await open();
      const file = await space.create(space.rootKey, 'a', words('1'));
      const replaced = await space.replace(file.key, words('2'), { conditions: { ifMatch: [file.etag] } });
      const seen = { conditions: { ifMatch: [replaced.etag] } };
      const moved = await space.move(file.key, { name: 'b' }, seen);
      await space.remove(moved.key, seen);
      expect(await namesIn(space, space.rootKey)).toEqual([]);
    });

    it('UPL-02 refuses every change of what has changed since', async () => {
      const { space } = await open();
      const file = await space.create(space.rootKey, 'a', words('1'));
      await space.replace(file.key, words('2'));
      const stale = { conditions: { ifMatch: [file.etag] } };
      expect(await codeOf(space.replace(file.key, words('3'), stale))).toBe('precondition-failed');
      expect(await codeOf(space.move(file.key, { name: 'b' }, stale))).toBe('precondition-failed');
      expect(await codeOf(space.remove(file.key, stale))).toBe('precondition-failed');
      expect(await textOf(space.open(file.key))).toBe('2');
    });

    it('UPL-02 does not replace for somebody who wanted to be the first', async () => {
      const { space } = await open();
      const file = await space.create(space.rootKey, 'a', words('1'));
      const first = { conditions: { ifNoneMatch: '*' } } as const;
      expect(await codeOf(space.replace(file.key, words('2'), first))).toBe('precondition-failed');
      expect(await codeOf(space.create(space.rootKey, 'a', words('2'), first))).toBe('precondition-failed');
      expect(await space.create(space.rootKey, 'b', words('2'), first)).toMatchObject({ name: 'b' });
    });

    it('UPL-03 lets one of many writers with the same precondition win', async () => {
      const { space } = await open();
      const file = await space.create(space.rootKey, 'a', words('1'));
      const seen = { conditions: { ifMatch: [file.etag] } };
      const attempts = Array.from({ length: 8 }, (_, index) =>
        space.replace(file.key, words(`new ${String(index)}`), seen),
      );
      const outcomes = await Promise.allSettled(attempts);
      expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(1);
      expect((await space.stat(file.key)).version).toBe(2);
    });
  });

  describe.skipIf(cannot.receipts)('repeated requests', () => {
    const receipt = { key: 'once', digest: 'request 1' };

    it('PEER-05 are answered as the first, even after later changes', async () => {
      const { space } = await open();
      const file = await space.create(space.rootKey, 'a', words('1'), { receipt });
      await space.replace(file.key, words('22'));
      expect(await space.create(space.rootKey, 'a', words('1'), { receipt })).toEqual(file);
      expect(await namesIn(space, space.rootKey)).toEqual(['a']);
      expect(await textOf(space.open(file.key))).toBe('22');
    });

    it('act once when they come together', async () => {
      const { space } = await open();
      const file = await space.create(space.rootKey, 'a', words('1'));
      await Promise.all(Array.from({ length: 5 }, () => space.replace(file.key, words('2'), { receipt })));
      expect((await space.stat(file.key)).version).toBe(2);
    });

    it('act once for folders, moves and deletions', async () => {
      const { space } = await open();
      const key = (name: string) => ({ receipt: { key: name, digest: name } });
      const folder = await space.makeFolder(space.rootKey, 'a', key('make'));
      expect(await space.makeFolder(space.rootKey, 'a', key('make'))).toEqual(folder);
      const moved = await space.move(folder.key, { name: 'b' }, key('move'));
      expect(await space.move(folder.key, { name: 'b' }, key('move'))).toEqual(moved);
      const removed = await space.remove(folder.key, key('remove'));
      expect(await space.remove(folder.key, key('remove'))).toEqual(removed);
    });

    it('are a conflict when the key names another request', async () => {
      const { space } = await open();
      await space.create(space.rootKey, 'a', words('1'), { receipt });
      const other = { receipt: { ...receipt, digest: 'request 2' } };
      expect(await codeOf(space.create(space.rootKey, 'b', words('2'), other))).toBe('conflict');
      expect(await namesIn(space, space.rootKey)).toEqual(['a']);
    });

    it('with other bytes of the same length are refused, and keep nothing (F-69)', async () => {
      const { space } = await open();
      const file = await space.create(space.rootKey, 'a', words('1'), { receipt });
      expect(await codeOf(space.create(space.rootKey, 'a', words('2'), { receipt }))).toBe('unprocessable');
      expect(await namesIn(space, space.rootKey)).toEqual(['a']);
      const again = { receipt: { key: 'again', digest: 'request 2' } };
      const replaced = await space.replace(file.key, words('3'), again);
      expect(await codeOf(space.replace(file.key, words('4'), again))).toBe('unprocessable');
      expect(await space.replace(file.key, words('3'), again)).toEqual(replaced);
      expect(await textOf(space.open(file.key))).toBe('3');
    });

    it('with other bytes at the same moment are refused but for one (F-69)', async () => {
      const { space } = await open();
      const contents = ['1', '2', '3', '4'];
      const tries = contents.map((text) => space.create(space.rootKey, 'a', words(text), { receipt }));
      const codes = await Promise.all(tries.map((attempt) => codeOf(attempt).catch(() => 'done')));
      expect(codes.filter((code) => code === 'unprocessable')).toHaveLength(3);
      expect(await namesIn(space, space.rootKey)).toEqual(['a']);
    });

    it('are new requests after a refusal', async () => {
      const { space } = await open();
      const taken = await space.create(space.rootKey, 'a', words('1'));
      expect(await codeOf(space.create(space.rootKey, 'a', words('2'), { receipt }))).toBe('invalid');
      await space.remove(taken.key);
      const file = await space.create(space.rootKey, 'a', words('2'), { receipt });
      expect(await textOf(space.open(file.key))).toBe('2');
    });
  });
}
