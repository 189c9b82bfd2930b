import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { historyOf, keepsVersions, type FileSpace, type RangeRequest } from '../../../src/files/index.js';
import {
  bodyOf,
  bytes,
  bytesOf,
  codeOf,
  inPieces,
  namesIn,
  noise,
  refusalOf,
  sha256,
  textOf,
  words,
  type FileSpaceAdapter,
} from './harness.js';
import { until } from '../../support/until.js';

const MEGABYTE = 1_048_576;

/** Bytes in and out: whole, in ranges, in versions, broken off. */
export function describeContents({ open, cannot = {} }: FileSpaceAdapter): void {
  describe('content', () => {
    it('comes back byte for byte at every size', async () => {
      const { space } = await open();
      for (const size of [0, 1, 511, 65_536, 65_537, MEGABYTE, 3 * MEGABYTE + 7]) {
        const content = noise(size);
        const file = await space.create(space.rootKey, `f${String(size)}`, bytes(content));
        expect(sha256(await bytesOf(space.open(file.key)))).toBe(sha256(content));
      }
    });

    it('is taken without an announced length', async () => {
      const { space } = await open();
      const file = await space.create(space.rootKey, 'a', { body: inPieces(Buffer.from('unannounced'), 3) });
      expect(await textOf(space.open(file.key))).toBe('unannounced');
    });

    it('says what it is before the first byte', async () => {
      const { space } = await open();
      const file = await space.create(space.rootKey, 'a', words('hello'));
      const opened = await space.open(file.key);
      bodyOf(opened).destroy();
      const { etag, mimetype, modifiedAt } = file;
      expect(opened).toMatchObject({ outcome: 'content', size: 5, etag, mimetype, modifiedAt, range: undefined });
    });

    it('is replaced: one version more, another tag, another size', async () => {
      const { space } = await open();
      const file = await space.create(space.rootKey, 'a', words('one'));
      const replaced = await space.replace(file.key, words('number two'));
      expect(replaced).toMatchObject({ key: file.key, name: 'a', status: 'CHANGED', version: 2, size: 10 });
      expect(replaced.etag).not.toBe(file.etag);
      expect(await textOf(space.open(file.key))).toBe('number two');
    });

    it('is nothing that folders have', async () => {
      const { space } = await open();
      const folder = await space.makeFolder(space.rootKey, 'folder');
      expect(await codeOf(space.open(folder.key))).toBe('not-found');
      expect(await codeOf(space.replace(folder.key, words('1')))).toBe('not-found');
      expect(await codeOf(space.open(space.rootKey))).toBe('not-found');
    });
  });

  describe('ranges', () => {
    const content = Buffer.from('0123456789');
    const cases: [string, RangeRequest, string, { start: number; end: number } | undefined][] = [
      ['from the start', { kind: 'from', start: 0, end: 3 }, '0123', { start: 0, end: 3 }],
      ['to the end', { kind: 'from', start: 7, end: undefined }, '789', { start: 7, end: 9 }],
      ['beyond the end', { kind: 'from', start: 8, end: 99 }, '89', { start: 8, end: 9 }],
      ['one byte', { kind: 'from', start: 5, end: 5 }, '5', { start: 5, end: 5 }],
      ['the last bytes', { kind: 'last', length: 4 }, '6789', { start: 6, end: 9 }],
      ['more last bytes than there are', { kind: 'last', length: 99 }, '0123456789', { start: 0, end: 9 }],
      ['all of it', { kind: 'from', start: 0, end: undefined }, '0123456789', { start: 0, end: 9 }],
    ];
    it.each(cases)('serves %s', async (_name, range, expected, served) => {
      const { space } = await open();
      const file = await space.create(space.rootKey, 'a', bytes(content));
      const opened = await space.open(file.key, { range });
      expect(opened).toMatchObject({ outcome: 'content', size: 10, range: served });
      expect((await bytesOf(Promise.resolve(opened))).toString()).toBe(expected);
    });

    it.each<[string, RangeRequest]>([
      ['that starts at the end', { kind: 'from', start: 10, end: undefined }],
      ['far outside', { kind: 'from', start: 1_000, end: 2_000 }],
      ['of no last bytes', { kind: 'last', length: 0 }],
    ])('refuses a range %s and says the size', async (_name, range) => {
      const { space } = await open();
      const file = await space.create(space.rootKey, 'a', bytes(content));
      const refusal = await refusalOf(space.open(file.key, { range }));
      expect(refusal).toMatchObject({ code: 'range-not-satisfiable', facts: { size: 10 } });
    });

    it('joins any two ranges of a large file into the same bytes', async () => {
      const { space } = await open();
      const large = noise(300_000);
      const file = await space.create(space.rootKey, 'a', bytes(large));
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 1, max: large.length - 1 }), async (cut) => {
          const head = await bytesOf(space.open(file.key, { range: { kind: 'from', start: 0, end: cut - 1 } }));
          const tail = await bytesOf(space.open(file.key, { range: { kind: 'from', start: cut, end: undefined } }));
          expect(Buffer.concat([head, tail]).equals(large)).toBe(true);
        }),
        { numRuns: 10 },
      );
    });
  });

  it('claims to keep versions if it does, and only then', async () => {
    expect(keepsVersions((await open()).space)).toBe(cannot.versions === undefined);
  });

  describe.skipIf(cannot.versions)('versions', () => {
    it('DUR-06 keeps every version, newest first, the current one included', async () => {
      const { space } = await open();
      const file = await space.create(space.rootKey, 'a', words('one'));
      await space.replace(file.key, words('number two'));
      await space.move(file.key, { name: 'b' });
      const versions = await historyOf(space, file.key);
      expect(versions.map(({ version, name, status, size }) => ({ version, name, status, size }))).toEqual([
        { version: 3, name: 'b', status: 'RENAMED', size: 10 },
        { version: 2, name: 'a', status: 'CHANGED', size: 10 },
        { version: 1, name: 'a', status: 'NEW', size: 3 },
      ]);
      expect(versions[0]).toEqual(await space.stat(file.key));
    });

    it('opens an old version as it was', async () => {
      const { space } = await open();
      const file = await space.create(space.rootKey, 'a', words('one'));
      await space.replace(file.key, words('number two'));
      expect(await textOf(space.open(file.key, { version: 1 }))).toBe('one');
      expect(await textOf(space.open(file.key, { version: 2 }))).toBe('number two');
      expect(await codeOf(space.open(file.key, { version: 3 }))).toBe('not-found');
    });

    it('says not-found for what is unknown', async () => {
      const { space } = await open();
      expect(await codeOf(historyOf(space, '123456789'))).toBe('not-found');
    });
  });

  describe('uploads that go wrong', () => {
    const content = noise(400_000);
    const cuts = [0, 1, 200_000, 396_000, 399_999];

    it.each(cuts)('UPL-01 DUR-03 leave nothing when the sender vanishes after %i bytes', async (cut) => {
      const harness = await open();
      const before = await harness.leftovers?.();
      const body = inPieces(content, 50_000, cut);
      const { space } = harness;
      expect(await codeOf(space.create(space.rootKey, 'a', { body, length: content.length }))).toBe('invalid');
      expect(await namesIn(space, space.rootKey)).toEqual([]);
      await until('the clean-up', async () => (await harness.leftovers?.()) === before);
    });

    it.each(cuts)('UPL-01 leave the old content when a replacement breaks off after %i bytes', async (cut) => {
      const { space } = await open();
      const file = await space.create(space.rootKey, 'a', words('old'));
      const body = inPieces(content, 50_000, cut);
      expect(await codeOf(space.replace(file.key, { body, length: content.length }))).toBe('invalid');
      expect(await space.stat(file.key)).toEqual(file);
      expect(await textOf(space.open(file.key))).toBe('old');
    });

    it('UPL-01 DUR-03 are refused when they are shorter or longer than announced', async () => {
      const harness = await open();
      const { space } = harness;
      const before = await harness.leftovers?.();
      for (const length of [content.length - 1, content.length + 1]) {
        expect(await codeOf(space.create(space.rootKey, 'a', { body: inPieces(content), length }))).toBe('invalid');
      }
      expect(await namesIn(space, space.rootKey)).toEqual([]);
      await until('the clean-up', async () => (await harness.leftovers?.()) === before);
    });

    it.skipIf(cannot.checksums)('UPL-02 are refused when the checksum does not match', async () => {
      const { space } = await open();
      const wrong = { ...bytes(content), sha256: Buffer.alloc(32) };
      expect(await codeOf(space.create(space.rootKey, 'a', wrong))).toBe('invalid');
      const right = { ...bytes(content), sha256: Buffer.from(sha256(content), 'hex') };
      expect(await space.create(space.rootKey, 'a', right)).toMatchObject({ size: content.length });
    });

    it('FLW-03 end when they are given up', async () => {
      const { space } = await open();
      const giveUp = new AbortController();
      const body = inPieces(noise(MEGABYTE), 1_000);
      body.once('data', () => giveUp.abort());
      body.pause();
      const upload = space.create(space.rootKey, 'a', { body }, { signal: giveUp.signal });
      expect(await codeOf(upload)).toBeTypeOf('string');
      expect(await namesIn(space, space.rootKey)).toEqual([]);
      expect(body.destroyed).toBe(true);
    });

    it('do not hold up others while their bytes flow', async () => {
      const { space } = await open();
      const { body, finish } = stalled();
      const upload = space.create(space.rootKey, 'slow', { body });
      await space.makeFolder(space.rootKey, 'meanwhile');
      await space.create(space.rootKey, 'quick', words('quick'));
      finish();
      expect(await textOf(space.open((await upload).key))).toBe('begun, finished');
    });
  });

  describe('downloads that go wrong', () => {
    it('FLW-03 end when they are given up', async () => {
      const { space } = await open();
      const file = await space.create(space.rootKey, 'a', bytes(noise(4 * MEGABYTE)));
      const giveUp = new AbortController();
      const body = bodyOf(await space.open(file.key, { signal: giveUp.signal }));
      const broken = new Promise((resolve) => body.once('error', resolve));
      giveUp.abort();
      body.resume();
      await broken;
      expect(body.readableEnded).toBe(false);
    });

    it.skipIf(cannot.backPressure)('FLW-01 read no further ahead than a slow reader follows', async () => {
      const { space } = await open();
      const file = await space.create(space.rootKey, 'a', bytes(noise(8 * MEGABYTE)));
      const body = bodyOf(await space.open(file.key));
      const first = (await body.iterator({ destroyOnReturn: false }).next()) as IteratorResult<Buffer, undefined>;
      expect(first.value?.length).toBeLessThanOrEqual(MEGABYTE);
      await new Promise((resolve) => setImmediate(resolve));
      expect(body.readableLength).toBeLessThanOrEqual(MEGABYTE);
      body.destroy();
    });
  });

  describe('racing', () => {
    it('UPL-03 DUR-06 gives every one of 32 concurrent writers a whole version', async () => {
      const { space } = await open();
      const file = await space.create(space.rootKey, 'a', words('first'));
      const texts = Array.from({ length: 32 }, (_, index) => `writer ${String(index)} `.repeat(500));
      await Promise.all(texts.map((text) => space.replace(file.key, words(text))));
      expect((await space.stat(file.key)).version).toBe(33);
      expect(texts).toContain(await textOf(space.open(file.key)));
      if (cannot.versions === undefined) expect(await textsOf(space, file.key)).toEqual(['first', ...texts].sort());
    });

    it('DUR-02 shows readers whole content, old or new, while it is replaced', async () => {
      const { space } = await open();
      const contents = Array.from({ length: 12 }, (_, index) => noise(200_000, String(index)));
      const known = new Set(contents.map(sha256));
      const file = await space.create(space.rootKey, 'a', bytes(contents[0] ?? Buffer.alloc(0)));
      let replacing = true;
      const reader = async (): Promise<void> => {
        while (replacing) expect(known).toContain(sha256(await bytesOf(space.open(file.key))));
      };
      const readers = [reader(), reader(), reader()];
      for (const content of contents) await space.replace(file.key, bytes(content));
      replacing = false;
      await Promise.all(readers);
    });

    it('lets one of many concurrent creators of a name win', async () => {
      const { space } = await open();
      const attempts = Array.from({ length: 12 }, (_, index) => space.create(space.rootKey, 'a', words(String(index))));
      const outcomes = await Promise.allSettled(attempts);
      expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(1);
      expect(await namesIn(space, space.rootKey)).toEqual(['a']);
    });
  });
}

/** An upload that has begun and waits for `finish`. */
function stalled(): { body: Readable; finish: () => void } {
  let finish = (): void => undefined;
  const gate = new Promise<void>((resolve) => (finish = resolve));
  const pieces = async function* (): AsyncGenerator<Buffer> {
    yield Buffer.from('begun, ');
    await gate;
    yield Buffer.from('finished');
  };
  return { body: Readable.from(pieces(), { objectMode: false }), finish: () => finish() };
}

async function textsOf(space: FileSpace, key: string): Promise<string[]> {
  const versions = await historyOf(space, key);
  const texts = versions.map(({ version }) => textOf(space.open(key, { version })));
  return (await Promise.all(texts)).sort();
}
