import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ContentStore, StoredContent, SweepOptions, Swept } from '../../src/contents/index.js';
import { Failure, isFailure } from '../../src/kernel/index.js';

/** One adapter under the suite. */
export interface ContentStoreHarness {
  readonly store: ContentStore;
  /** How many contents and unfinished uploads exist, visible or not. */
  count(): Promise<number>;
  /** Flips one byte of a stored content from outside; absent where that is not possible. */
  damage?(key: string): Promise<void>;
  /** True where a content that is removed while it is read may break off. */
  readonly mayBreakOff?: boolean;
  /** Stores `text` as if it were that time. */
  putAt(storedAt: number, text: string): Promise<StoredContent>;
  stop(): Promise<void>;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** What every content store must do (`ContentStore` in src/contents). */
export function describeContentStore(name: string, open: () => Promise<ContentStoreHarness>): void {
  describe(name, () => {
    let harness: ContentStoreHarness;
    let store: ContentStore;
    beforeEach(async () => {
      harness = await open();
      store = harness.store;
    });
    afterEach(() => harness.stop());

    describe('put', () => {
      it('gives back what it took, byte for byte, at every size', async () => {
        for (const size of [0, 1, 4_100, 65_536, 1_048_575, 1_048_576, 1_048_577, 5_000_000]) {
          const bytes = randomBytes(size);
          const stored = await store.put(inChunks(bytes, 65_536));
          expect(stored).toMatchObject({ size, sha256: sha256(bytes).toString('hex') });
          expect((await read(store, stored)).equals(bytes)).toBe(true);
        }
      });

      it('never gives two contents one key, even for equal bytes', async () => {
        const [one, two] = [await store.put(text('same')), await store.put(text('same'))];
        expect(one.key).not.toBe(two.key);
      });

      it('takes any async iterable and chunks of any size', async () => {
        const bytes = randomBytes(10_000);
        const tiny = await store.put(inChunks(bytes, 3));
        const plain = await store.put(iterate([bytes.subarray(0, 1), Buffer.alloc(0), bytes.subarray(1)]));
        expect([tiny.sha256, plain.sha256]).toEqual([sha256(bytes).toString('hex'), sha256(bytes).toString('hex')]);
      });

      it('computes Adler-32, 0 for an empty file', async () => {
        expect((await store.put(text('Wikipedia'))).adler32).toBe(0x11e60398);
        expect((await store.put(Readable.from([Buffer.alloc(1_000_000, 0xff)]))).adler32).toBe(
          adler32(Buffer.alloc(1_000_000, 0xff)),
        );
        expect((await store.put(text(''))).adler32).toBe(0);
      });

      it('CNT-02 finds the media type in the bytes', async () => {
        expect((await store.put(text('just words'))).mimetype).toBe('text/plain');
        expect((await store.put(text('<!DOCTYPE html><p>'))).mimetype).toBe('text/html');
        expect((await store.put(Readable.from([PNG]))).mimetype).toBe('image/png');
        expect((await store.put(text(''))).mimetype).toBe('inode/x-empty');
      });

      it('UPL-01 DUR-03 refuses fewer and more bytes than announced and keeps nothing', async () => {
        for (const expectedSize of [0, 1, 9, 11, 1_000]) {
          expect(await codeOf(store.put(inChunks(Buffer.alloc(10), 3), { expectedSize }))).toBe('invalid');
        }
        expect(await harness.count()).toBe(0);
        expect((await store.put(inChunks(Buffer.alloc(10), 3), { expectedSize: 10 })).size).toBe(10);
      });

      it('stops at the first byte too many', async () => {
        let taken = 0;
        const source = (function* () {
          for (; taken < 1_000; taken += 1) yield Buffer.alloc(100_000);
        })();
        expect(await codeOf(store.put(Readable.from(source), { admit: upTo(3_000_000) }))).toBe('quota');
        expect(taken).toBeLessThan(100);
        expect(await harness.count()).toBe(0);
        expect((await store.put(inChunks(Buffer.alloc(10), 3), { admit: upTo(10) })).size).toBe(10);
      });

      it('UPL-02 refuses bytes whose checksum is another and keeps nothing', async () => {
        expect(await codeOf(store.put(text('abc'), { expectedSha256: sha256('abd') }))).toBe('invalid');
        expect(await codeOf(store.put(text('abc'), { expectedSha256: Buffer.alloc(0) }))).toBe('invalid');
        expect(await harness.count()).toBe(0);
        expect((await store.put(text('abc'), { expectedSha256: sha256('abc') })).size).toBe(3);
      });

      it('UPL-01 DUR-03 keeps nothing of an upload that is cut at any point', async () => {
        for (const cut of [0, 1, 2_000_000, 3_960_000, 3_999_999]) {
          const error = await errorOf(store.put(cutAt(cut), { expectedSize: 4_000_000 }));
          expect((error as Error).message).toBe('cut');
        }
        const leaving = new Readable({ read: () => undefined });
        leaving.push('abc');
        const put = codeOf(store.put(leaving));
        leaving.destroy();
        expect(await put).toBe('invalid');
        expect(await harness.count()).toBe(0);
      });

      it('FLW-03 ends with the reason of its signal, keeps nothing and lets the source go', async () => {
        const source = new Readable({ read: () => undefined });
        source.push(Buffer.alloc(2_000_000));
        const client = new AbortController();
        const put = errorOf(store.put(source, { signal: client.signal }));
        await new Promise(setImmediate);
        client.abort(new Error('client left'));
        expect(await put).toEqual(new Error('client left'));
        expect(source.destroyed).toBe(true);
        const early = { signal: AbortSignal.abort(new Error('gone before')) };
        expect(await errorOf(store.put(text('abc'), early))).toEqual(new Error('gone before'));
        expect(await harness.count()).toBe(0);
      });

      it('leaves a refused stream for its owner to end', async () => {
        const source = new Readable({ read: () => undefined });
        source.push('abc');
        expect(await codeOf(store.put(source, { admit: upTo(1) }))).toBe('quota');
        expect(source.destroyed).toBe(false);
        source.destroy();
      });

      it('takes many uploads at once', async () => {
        const parts = Array.from({ length: 32 }, () => randomBytes(100_000));
        const stored = await Promise.all(parts.map((bytes) => store.put(inChunks(bytes, 7_000))));
        for (const [index, content] of stored.entries()) {
          expect((await read(store, content)).equals(parts[index] ?? Buffer.alloc(0))).toBe(true);
        }
      });
    });

    describe('open', () => {
      it('gives any range, both ends inclusive', async () => {
        const bytes = randomBytes(3_000_000);
        const stored = await store.put(inChunks(bytes, 65_536));
        for (const [start, end] of [
          [0, 0],
          [0, 2_999_999],
          [1, 1_048_576],
          [2_999_999, 2_999_999],
          [1_500_000, 2_800_000],
        ] as const) {
          const slice = await read(store, stored, { start, end });
          expect(slice.equals(bytes.subarray(start, end + 1))).toBe(true);
        }
      });

      it('refuses a range that the file does not have, naming its size', async () => {
        const stored = await store.put(text('abc'));
        for (const [start, end] of [
          [0, 3],
          [3, 3],
          [2, 1],
          [-1, 1],
        ] as const) {
          const error = await errorOf(store.open(stored, { start, end }));
          expect(isFailure(error, 'range-not-satisfiable') && error.facts).toEqual({ size: 3 });
        }
        const empty = await store.put(text(''));
        expect(await codeOf(store.open(empty, { start: 0, end: 0 }))).toBe('range-not-satisfiable');
      });

      it('refuses what was never stored', async () => {
        const stored = await store.put(text('abc'));
        for (const key of ['0'.repeat(40), '../../../etc/passwd', '']) {
          expect(await codeOf(store.open({ ...stored, key }))).toBe('internal');
        }
      });

      it('FLW-03 an abort breaks the stream', async () => {
        const stored = await store.put(inChunks(randomBytes(4_000_000), 65_536));
        const client = new AbortController();
        const stream = await store.open(stored, undefined, client.signal);
        const reading = errorOf(drain(stream));
        client.abort();
        expect(await reading).toBeInstanceOf(Error);
        expect(stream.destroyed).toBe(true);
        expect(await errorOf(store.open(stored, undefined, client.signal))).toBeInstanceOf(Error);
      });

      it('keeps a reader going after the content was removed, or breaks it: never another content', async () => {
        const bytes = randomBytes(4_000_000);
        const stored = await store.put(inChunks(bytes, 65_536));
        const stream = await store.open(stored);
        await store.remove(stored.key);
        await store.put(inChunks(randomBytes(4_000_000), 65_536));
        const received = drain(stream);
        if (harness.mayBreakOff === true && isFailure(await errorOf(received), 'internal')) return;
        expect((await received).equals(bytes)).toBe(true);
      });
    });

    describe('verify', () => {
      it('DUR-05 tells sound, damaged and missing apart', async () => {
        const stored = await store.put(inChunks(randomBytes(3_000_000), 65_536));
        expect(await store.verify(stored)).toBe('sound');
        expect(await store.verify({ ...stored, sha256: '0'.repeat(64) })).toBe('damaged');
        expect(await store.verify({ ...stored, size: stored.size - 1 })).toBe('damaged');
        await store.remove(stored.key);
        expect(await store.verify(stored)).toBe('missing');
      });

      it('DUR-05 one flipped byte breaks the whole read before its end', async (test) => {
        if (harness.damage === undefined) return test.skip();
        const bytes = randomBytes(3_000_000);
        const stored = await store.put(inChunks(bytes, 65_536));
        await harness.damage(stored.key);
        let received = 0;
        const error = await errorOf(
          (async () => {
            for await (const chunk of await store.open(stored)) received += (chunk as Buffer).length;
          })(),
        );
        expect(isFailure(error, 'internal')).toBe(true);
        expect(received).toBeLessThan(stored.size);
        expect(await store.verify(stored)).toBe('damaged');
      });
    });

    describe('remove and sweep', () => {
      it('removes once and is fine with twice', async () => {
        const stored = await store.put(text('abc'));
        await store.remove(stored.key);
        await store.remove(stored.key);
        await store.remove('../outside');
        expect(await harness.count()).toBe(0);
      });

      it('K3 K4 K8 F-01 puts old contents that nothing names into quarantine, and only these; a week later they are gone', async () => {
        const named = await harness.putAt(0, 'named');
        const orphan = await harness.putAt(0, 'orphan');
        const young = await harness.putAt(2 * HOUR, 'young');
        const all = [named, orphan, young];
        const names = (keys: readonly string[]) => Promise.resolve(new Set(keys.filter((key) => key === named.key)));
        expect(await store.sweep({ ...sweepAt(25 * HOUR), named: names })).toEqual({ ...NOTHING, quarantined: 1 });
        const order = { ...sweepAt(0), grace: 30 * DAY };
        expect(await harness.count()).toBe(2);
        expect(await store.sweep({ ...order, now: 7 * DAY })).toEqual(NOTHING);
        expect(await store.sweep({ ...order, now: 9 * DAY })).toEqual({ ...NOTHING, erased: 1 });
        expect(await Promise.all(all.map((content) => store.verify(content)))).toEqual(['sound', 'missing', 'sound']);
      });

      it('F-01 a content that a row names again is read from quarantine, and taken back', async () => {
        const wanted = await harness.putAt(0, 'wanted');
        const other = await harness.putAt(0, 'other');
        await store.sweep(sweepAt(25 * HOUR));
        expect((await read(store, wanted)).toString()).toBe('wanted');
        const names = (keys: readonly string[]) => Promise.resolve(new Set(keys.filter((key) => key === other.key)));
        const later = { ...sweepAt(9 * DAY), grace: 30 * DAY, named: names };
        expect(await store.sweep(later)).toEqual({ ...NOTHING, returned: 1 });
        expect((await read(store, other)).toString()).toBe('other');
        expect(await harness.count()).toBe(2);
      });

      it('leaves contents within their grace alone', async () => {
        const young = await harness.putAt(0, 'young');
        expect(await store.sweep({ ...sweepAt(HOUR), grace: 24 * HOUR })).toEqual(NOTHING);
        expect(await store.verify(young)).toBe('sound');
      });

      it('F-01 takes 20 contents in a pass, or a hundredth of them, and more only by an administrator’s word', async () => {
        for (let made = 0; made < 30; made += 1) await harness.putAt(0, 'x');
        expect(await store.sweep(sweepAt(25 * HOUR))).toEqual({ ...NOTHING, quarantined: 20, left: 10 });
        expect(await store.sweep({ ...sweepAt(25 * HOUR), all: true })).toEqual({ ...NOTHING, quarantined: 10 });
        expect(await store.sweep(sweepAt(9 * DAY))).toEqual({ ...NOTHING, erased: 20 });
        expect(await store.sweep({ ...sweepAt(2 * DAY), all: true, erase: true })).toEqual({ ...NOTHING, erased: 10 });
      });

      it('F-01 spares what is to go by an administrator’s word alone', async () => {
        const spared = await harness.putAt(0, 'spared');
        await harness.putAt(0, 'orphan');
        const among = (keys: readonly string[]) => Promise.resolve(new Set(keys.filter((key) => key === spared.key)));
        const order = { ...sweepAt(25 * HOUR), spared: among };
        expect(await store.sweep(order)).toEqual({ ...NOTHING, quarantined: 1, spared: 1 });
        expect(await store.sweep({ ...order, all: true })).toEqual({ ...NOTHING, quarantined: 1 });
      });

      it('asks for many in few batches', async () => {
        for (let made = 0; made < 600; made += 1) await harness.putAt(0, 'x');
        const sizes: number[] = [];
        const named = (keys: readonly string[]) => {
          if (keys.length > 0) sizes.push(keys.length);
          return Promise.resolve(new Set<string>());
        };
        expect((await store.sweep({ ...sweepAt(25 * HOUR), named, all: true })).quarantined).toBe(600);
        expect(sizes.length).toBeLessThanOrEqual(2);
        expect(await harness.count()).toBe(0);
      });
    });

    it('is healthy while everything works', async () => {
      await store.put(text('abc'));
      expect(await store.health()).toEqual({ ok: true });
    });
  });
}

/** Options of a sweep that finds nothing to do. */
const NOTHING: Swept = { quarantined: 0, erased: 0, returned: 0, left: 0, spared: 0 };

/** Options of a sweep with a database that refers to no content. */
function sweepAt(now: number): SweepOptions {
  const none = () => Promise.resolve(new Set<string>());
  return { now, grace: 24 * HOUR, named: none, spared: none };
}

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

function text(content: string): Readable {
  return Readable.from(content === '' ? [] : [Buffer.from(content)], { objectMode: false });
}

function inChunks(bytes: Buffer, size: number): Readable {
  const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );
  return Readable.from(chunks, { objectMode: false });
}

async function* iterate(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) {
    await new Promise(setImmediate);
    yield chunk;
  }
}

/** Four million bytes that break after `cut`. */
function cutAt(cut: number): Readable {
  const generate = async function* (): AsyncGenerator<Buffer> {
    for (let sent = 0; sent < cut; sent += 65_536) {
      await new Promise(setImmediate);
      yield Buffer.alloc(Math.min(65_536, cut - sent));
    }
    throw new Error('cut');
  };
  return Readable.from(generate(), { objectMode: false });
}

async function read(
  store: ContentStore,
  content: StoredContent,
  range?: { start: number; end: number },
): Promise<Buffer> {
  return drain(await store.open(content, range));
}

async function drain(stream: Readable): Promise<Buffer> {
  return Buffer.concat((await stream.toArray()) as Buffer[]);
}

function sha256(bytes: Buffer | string): Buffer {
  return createHash('sha256').update(bytes).digest();
}

/** Adler-32 by its definition (RFC 1950 8.2), slowly. */
function adler32(bytes: Buffer): number {
  let [a, b] = [1, 0];
  for (const byte of bytes) {
    a = (a + byte) % 65_521;
    b = (b + a) % 65_521;
  }
  return b * 65_536 + a;
}

async function errorOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error = await errorOf(work);
  return isFailure(error) ? error.code : String(error);
}

/** Lets so many bytes in. */
function upTo(limit: number): (size: number) => void {
  return (size) => {
    if (size > limit) throw new Failure('quota', 'Your space is full.');
  };
}
