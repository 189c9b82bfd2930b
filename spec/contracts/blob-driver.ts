import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  BlobRefusal,
  keysOf,
  leavesDrafts,
  newContentKey,
  setsAside,
  type ByteSpan,
  type Driver,
  type SettingAside,
} from '../../src/contents/index.js';
import { systemRandom } from '../../src/platform/system-random.js';

/** One driver under the suite. */
export interface DriverHarness {
  readonly driver: Driver;
  stop(): Promise<void>;
}

const DAY = 24 * 3_600_000;

/** What every medium must do (`Driver` in src/contents/driver). */
export function describeDriver(name: string, open: () => Promise<DriverHarness>): void {
  describe(name, () => {
    let harness: DriverHarness;
    let driver: Driver;
    beforeEach(async () => {
      harness = await open();
      driver = harness.driver;
    });
    afterEach(() => harness.stop());

    const write = async (bytes: Buffer | string): Promise<string> => {
      const key = newContentKey(systemRandom);
      await driver.write(key, inBatches(Buffer.from(bytes as string)));
      return key;
    };

    it('gives back what it took, byte for byte, at every size and in any batches', async () => {
      for (const size of [0, 1, 70_000, 3_000_000]) {
        const bytes = randomBytes(size);
        for (const batch of [65_536, 1_000_000]) {
          const key = newContentKey(systemRandom);
          await driver.write(key, inBatches(bytes, batch), { size });
          expect((await readAll(driver, key)).equals(bytes)).toBe(true);
          expect((await driver.stat(key))?.size).toBe(size);
        }
      }
    });

    it('takes batches of many chunks, empty ones among them', async () => {
      const key = newContentKey(systemRandom);
      await driver.write(
        key,
        (async function* () {
          await Promise.resolve();
          yield [Buffer.from('a'), Buffer.alloc(0), Buffer.from('bc')];
          yield [Buffer.from('d')];
        })(),
      );
      expect((await readAll(driver, key)).toString()).toBe('abcd');
    });

    it('never writes over a blob', async () => {
      const key = await write('first');
      expect(await refusalOf(driver.write(key, inBatches(Buffer.from('second'))))).toBe('taken');
      expect((await readAll(driver, key)).toString()).toBe('first');
      expect(await keys(driver)).toEqual([key]);
    });

    it('DUR-03 keeps nothing of chunks that end with an error, and hands on the error itself', async () => {
      for (const whole of [0, 1, 3]) {
        const key = newContentKey(systemRandom);
        const broken = new Error('cut');
        expect(await errorOf(driver.write(key, breaking(whole, broken)))).toBe(broken);
        expect(await driver.stat(key)).toBeUndefined();
        expect(await refusalOf(driver.read(key))).toBe('missing');
      }
      expect(await keys(driver)).toEqual([]);
    });

    it('FLW-03 keeps nothing when its signal says so before the end', async () => {
      const key = newContentKey(systemRandom);
      const client = new AbortController();
      const leaving = (async function* () {
        await Promise.resolve();
        yield [Buffer.from('abc')];
        client.abort(new Error('client left'));
      })();
      expect(await errorOf(driver.write(key, leaving, { signal: client.signal }))).toEqual(new Error('client left'));
      expect(await keys(driver)).toEqual([]);
    });

    it('shows nothing of a blob before it is whole', async () => {
      const key = newContentKey(systemRandom);
      const seen: unknown[] = [];
      await driver.write(
        key,
        (async function* () {
          yield [Buffer.from('abc')];
          seen.push(await driver.stat(key), await refusalOf(driver.read(key)), await keys(driver));
          yield [Buffer.from('def')];
        })(),
      );
      expect(seen).toEqual([undefined, 'missing', []]);
      expect((await driver.stat(key))?.size).toBe(6);
    });

    it('FLW-01 draws one batch after the other', async () => {
      let asked = 0;
      let most = 0;
      const chunks = {
        [Symbol.asyncIterator]: () => ({
          left: 4,
          async next() {
            asked += 1;
            most = Math.max(most, asked);
            await new Promise(setImmediate);
            asked -= 1;
            this.left -= 1;
            return this.left < 0 ? { done: true as const, value: undefined } : { value: [Buffer.alloc(100_000)] };
          },
        }),
      };
      await driver.write(newContentKey(systemRandom), chunks);
      expect(most).toBe(1);
    });

    it('reads any range into buffers of any size, and says how long the whole is', async () => {
      const bytes = randomBytes(300_000);
      const key = await write(bytes);
      for (const [start, end] of [
        [0, 0],
        [0, 299_999],
        [1, 100_000],
        [299_999, 299_999],
      ] as const) {
        for (const size of [1_000, 1_000_000]) {
          const read = await readAll(driver, key, { start, end }, size);
          expect(read.equals(bytes.subarray(start, end + 1))).toBe(true);
        }
      }
      const blob = await driver.read(key, { start: 5, end: 9 });
      expect(blob.size).toBe(300_000);
      await blob.close();
    });

    it('F-82 fills a buffer that is lent again and again, and touches it no more afterwards', async () => {
      const bytes = randomBytes(300_000);
      const blob = await driver.read(await write(bytes));
      const buffer = Buffer.alloc(100_000);
      const read: Buffer[] = [];
      for (let size = await blob.fill(buffer); size > 0; size = await blob.fill(buffer)) {
        read.push(Buffer.from(buffer.subarray(0, size)));
        buffer.fill(0);
      }
      await blob.close();
      expect(Buffer.concat(read).equals(bytes)).toBe(true);
      expect(buffer.every((byte) => byte === 0)).toBe(true);
    });

    it('reads on after the blob was removed, or breaks off: never other bytes', async () => {
      const bytes = randomBytes(300_000);
      const key = await write(bytes);
      const blob = await driver.read(key);
      await driver.remove(key);
      await write(randomBytes(300_000));
      const buffer = Buffer.alloc(300_000);
      const size = await blob.fill(buffer).catch(() => 0);
      expect(buffer.subarray(0, size).equals(bytes.subarray(0, size))).toBe(true);
      await blob.close();
    });

    it('FLW-03 opens nothing for whoever has left', async () => {
      const key = await write('abc');
      const left = new Error('left');
      expect(await errorOf(driver.read(key, undefined, AbortSignal.abort(left)))).toBe(left);
    });

    it('knows nothing of a key that was never written, or is removed, and removes it gladly', async () => {
      const key = await write('abc');
      await driver.remove(key);
      await driver.remove(key);
      for (const gone of [key, newContentKey(systemRandom)]) {
        expect(await driver.stat(gone)).toBeUndefined();
        expect(await refusalOf(driver.read(gone))).toBe('missing');
      }
    });

    it('lists every key once, in their order, from wherever it is asked', async () => {
      const written = (await Promise.all(Array.from({ length: 40 }, () => write('x')))).sort();
      expect(await keys(driver)).toEqual(written);
      expect((await driver.list(written[19] ?? '')).slice(0, 20)).toEqual(written.slice(20));
      expect(await driver.list(written[39] ?? '')).toEqual([]);
      await driver.remove(written[7] ?? '');
      expect(await keys(driver)).toEqual(written.filter((_, index) => index !== 7));
    });

    it('lists what takes several pages', async () => {
      const written: string[] = [];
      for (let round = 0; round < 11; round += 1)
        written.push(...(await Promise.all(Array.from({ length: 50 }, () => write('')))));
      expect(await keys(driver)).toEqual(written.sort());
    });

    it('tells when a blob was written', async () => {
      const [first, second] = [await write('abc'), await write('abc')];
      const [one, two] = [await driver.stat(first), await driver.stat(second)];
      expect(one?.writtenAt).toBeLessThanOrEqual(two?.writtenAt ?? NaN);
    });

    it('F-01 sets a blob aside, out of sight, and has it back with its bytes', async (test) => {
      if (!setsAside(driver)) return test.skip();
      const [key, other] = [await write('abc'), await write('def')];
      expect(await driver.setAside(key, 10 * DAY)).toBe(true);
      expect(await driver.setAside(key, 11 * DAY)).toBe(false);
      expect([await driver.stat(key), await refusalOf(driver.read(key))]).toEqual([undefined, 'missing']);
      expect(await keys(driver)).toEqual([other]);
      expect(await driver.takeBack(key)).toBe(true);
      expect(await driver.takeBack(key)).toBe(false);
      expect((await readAll(driver, key)).toString()).toBe('abc');
    });

    it('F-01 knows, to the day, how long blobs have been set aside, and erases them', async (test) => {
      if (!setsAside(driver)) return test.skip();
      const [first, second] = [await write('abc'), await write('def')];
      await driver.setAside(first, 10 * DAY);
      await driver.setAside(second, 12 * DAY);
      const aside: SettingAside = driver;
      const until = (time: number) => gathered(aside.asideUntil(time));
      expect(await until(10 * DAY - 1)).toEqual([]);
      expect(await until(11 * DAY)).toEqual([first]);
      expect((await until(Infinity)).sort()).toEqual([first, second].sort());
      await driver.erase(first);
      await driver.erase(first);
      expect(await until(Infinity)).toEqual([second]);
      expect(await driver.takeBack(first)).toBe(false);
    });

    it('F-86 has nothing to sweep after writes that ended, well or not', async (test) => {
      if (!leavesDrafts(driver)) return test.skip();
      await write('abc');
      await errorOf(driver.write(newContentKey(systemRandom), breaking(1, new Error('cut'))));
      expect(await driver.sweepDrafts()).toBe(0);
    });

    it('is healthy while everything works', async () => {
      await write('abc');
      expect(await driver.health()).toEqual({ ok: true });
    });
  });
}

async function* inBatches(bytes: Buffer, size = 1_000_000): AsyncGenerator<Buffer[]> {
  await Promise.resolve();
  for (let at = 0; at < bytes.length; at += size) yield [bytes.subarray(at, at + size)];
}

/** Yields `count` whole batches, and then an error. */
async function* breaking(whole: number, error: Error): AsyncGenerator<Buffer[]> {
  await Promise.resolve();
  for (let batch = 0; batch < whole; batch += 1) yield [Buffer.alloc(100_000)];
  throw error;
}

async function readAll(driver: Driver, key: string, range?: ByteSpan, size = 1_000_000): Promise<Buffer> {
  const blob = await driver.read(key, range);
  const read: Buffer[] = [];
  for (;;) {
    const buffer = Buffer.alloc(size);
    const filled = await blob.fill(buffer);
    if (filled === 0) break;
    read.push(buffer.subarray(0, filled));
  }
  await blob.close();
  return Buffer.concat(read);
}

function keys(driver: Driver): Promise<string[]> {
  return gathered(keysOf(driver));
}

async function gathered<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const each of source) all.push(each);
  return all;
}

async function errorOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
}

async function refusalOf(work: Promise<unknown>): Promise<unknown> {
  const error = await errorOf(work);
  return error instanceof BlobRefusal ? error.kind : error;
}
