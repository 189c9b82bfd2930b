import { createHash, randomBytes, randomInt } from 'node:crypto';
import { Readable, Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { migrations } from '../../../migrations/index.js';
import {
  Adler32,
  JoinedContentStore,
  memoryContents,
  type ContentStore,
  type ContentTrouble,
  type StoredContent,
} from '../../../src/contents/index.js';
import { adler32Of } from '../../../src/contents/store/adler32.js';
import { flow, rollback, type Database } from '../../../src/platform/index.js';
import { systemRandom } from '../../../src/platform/system-random.js';
import { eachDatabase, sqliteBench } from '../../support/each-database.js';
import { createHandClock } from '../../support/seeds.js';

const NOBODY = () => Promise.resolve(new Set<string>());
const TEXT = { sha256: null, mimetype: 'text/plain' };

function over(
  database: Database,
  inner: ContentStore = memoryContents({ random: systemRandom, clock: createHandClock() }),
) {
  const troubles: ContentTrouble[] = [];
  const onTrouble = (trouble: ContentTrouble): unknown => troubles.push(trouble);
  const clock = createHandClock();
  const store = new JoinedContentStore({ inner, database, random: systemRandom, clock, named: NOBODY, onTrouble });
  const put = (bytes: Buffer): Promise<StoredContent> => store.put(Readable.from([bytes]));
  const join = (parts: readonly StoredContent[]) => database.write((trx) => store.join(trx, parts, TEXT));
  return { store, inner, clock, troubles, put, join };
}

eachDatabase((bench) => {
  it('STO-25 any range of it reads as of one content, and nothing of its parts is copied', async () => {
    const { store, put, join } = over(await bench.open());
    const pieces = [1, 70_000, 3, 192 * 1024, 200_001, 1].map((size) => randomBytes(size));
    const parts: StoredContent[] = [];
    for (const piece of pieces) parts.push(await put(piece));
    const joined = await join(parts);
    const whole = Buffer.concat(pieces);
    const checksum = new Adler32();
    checksum.update(whole);
    expect(joined).toMatchObject({ size: whole.length, adler32: checksum.value(), sha256: null });
    expect((await buffer(await store.open(joined))).equals(whole)).toBe(true);
    for (let round = 0; round < 40; round += 1) {
      const [start = 0, end = 0] = [randomInt(whole.length), randomInt(whole.length)].sort((one, other) => one - other);
      const read = await buffer(await store.open(joined, { start, end }));
      expect(read.equals(whole.subarray(start, end + 1)), `${String(start)}-${String(end)}`).toBe(true);
    }
  });

  it('DUR-05 each part keeps its own hash: damage in one breaks the read, and is found', async () => {
    const { store, inner, put, join, troubles } = over(await bench.open());
    const parts = [await put(Buffer.from('one')), await put(Buffer.from('two'))];
    const joined = await join(parts);
    expect(await store.verify(joined)).toBe('sound');
    await inner.remove(parts[1]?.key ?? '');
    expect(await store.verify(joined)).toBe('missing');
    await expect(buffer(await store.open(joined))).rejects.toMatchObject({ code: 'internal' });
    expect(await buffer(await store.open(joined, { start: 0, end: 2 }))).toEqual(Buffer.from('one'));
    await store.remove(joined.key);
    expect(await store.verify(joined)).toBe('missing');
    await expect(store.open(joined)).rejects.toMatchObject({ code: 'internal' });
    expect(troubles.at(-1)).toMatchObject({ kind: 'missing', key: joined.key });
  });

  it('STO-08 a part goes with the last content that it is part of, and not before', async () => {
    const { store, put, join } = over(await bench.open());
    const [shared, own] = [await put(Buffer.from('shared')), await put(Buffer.from('own'))];
    const [one, other] = [await join([shared, own]), await join([own, shared, shared])];
    await store.remove(one.key);
    expect((await buffer(await store.open(other))).toString()).toBe('ownsharedshared');
    const sweep = { now: Number.MAX_SAFE_INTEGER, grace: 0, spared: NOBODY };
    const named = async (keys: readonly string[]) => new Set(keys.filter((key) => key === other.key));
    expect(await store.sweep({ ...sweep, named })).toMatchObject({ quarantined: 0 });
    expect((await buffer(await store.open(other))).toString()).toBe('ownsharedshared');
    expect(await store.sweep({ ...sweep, named: NOBODY })).toMatchObject({ quarantined: 1 });
    expect(await store.sweep({ ...sweep, named: NOBODY, erase: true })).toMatchObject({ erased: 1 });
    expect([await store.verify(shared), await store.verify(own)]).toEqual(['missing', 'missing']);
  });

  it('gets its hash by being read once, the oldest first, and what is damaged does not hold up the others', async () => {
    const database = await bench.open();
    const { store, inner, put, join, clock } = over(database);
    const lost = await put(Buffer.from('lost'));
    await inner.remove(lost.key);
    // The second part is missing: refused when it is opened, after the first was read.
    const parts = [
      [await put(Buffer.from('z')), lost],
      [await put(Buffer.from('a')), await put(Buffer.from('b'))],
    ];
    for (const some of parts) {
      await join(some);
      clock.advance(1);
    }
    const last = await join([await put(Buffer.from('c')), await put(Buffer.from('d'))]);
    expect(await store.learnHashes(6)).toBe(1);
    expect(await store.learnHashes(1_000)).toBe(1);
    const hashes = await database.read('contents').orderBy('stored_at').pluck('sha256');
    expect(hashes).toEqual([null, sha256(Buffer.from('ab')), sha256(Buffer.from('cd'))]);
    expect(await store.verify({ ...last, sha256: sha256(Buffer.from('ab')) })).toBe('damaged');
    expect(await store.verify(last)).toBe('sound');
  });

  it('has ten thousand parts, and not one more', async () => {
    const { store, put, join } = over(await bench.open());
    const part = await put(Buffer.from('a'));
    const joined = await join(Array.from({ length: 10_000 }, () => part));
    expect(joined.size).toBe(10_000);
    expect((await buffer(await store.open(joined, { start: 9_990, end: 9_999 }))).toString()).toBe('aaaaaaaaaa');
    await expect(join(Array.from({ length: 10_001 }, () => part))).rejects.toMatchObject({ code: 'too-large' });
  });

  it('OPS-03 the step of the schema is not taken back while there are some', async () => {
    const database = await bench.open();
    const { store, put, join } = over(database);
    const joined = await join([await put(Buffer.from('a')), await put(Buffer.from('b'))]);
    const upTo = migrations.slice(0, migrations.findIndex(({ name }) => name === '0082-joined-contents') + 1);
    for (let later = migrations.length; later > upTo.length; later -= 1) await rollback(database, migrations);
    await expect(rollback(database, upTo)).rejects.toThrow('move-out');
    await store.remove(joined.key);
    expect(await rollback(database, upTo)).toBe('0082-joined-contents');
  });
});

describe('contents in parts', () => {
  const bench = sqliteBench();

  it('cost other contents no question to the database', async () => {
    const noDatabase = {} as Database;
    const { store, put } = over(noDatabase);
    const plain = await put(Buffer.from('plain'));
    expect((await buffer(await store.open(plain))).toString()).toBe('plain');
    expect(await store.verify(plain)).toBe('sound');
    await store.remove(plain.key);
  });

  it('are sent whole to a slow reader, and break off when it leaves', async () => {
    const { store, put, join } = over(await bench.open());
    const pieces = [300_000, 10, 500_000].map((size) => randomBytes(size));
    const parts: StoredContent[] = [];
    for (const piece of pieces) parts.push(await put(piece));
    const joined = await join(parts);
    const received: Buffer[] = [];
    const slow = new Writable({
      highWaterMark: 1_000,
      write(chunk: Buffer, _encoding, done) {
        received.push(Buffer.from(chunk));
        setImmediate(done);
      },
    });
    await flow(await store.open(joined), slow);
    expect(sha256(Buffer.concat(received))).toBe(sha256(Buffer.concat(pieces)));
    const leaving = new Writable({ write: (_chunk, _encoding, done) => done(new Error('gone')) });
    leaving.on('error', () => undefined);
    const body = await store.open(joined);
    await expect(flow(body, leaving)).rejects.toThrow();
    expect(body.destroyed).toBe(true);
  });

  it('have the checksum of all bytes, made of those of the parts', () => {
    for (const at of [0, 1, 3_000, 65_521, 70_000]) {
      const bytes = Buffer.concat([randomBytes(35_000), Buffer.alloc(35_000, 0xff)]);
      const parts = [bytes.subarray(0, at), bytes.subarray(at)];
      const [first = 0, second = 0] = parts.map(adler32);
      expect(adler32Of(first, second, parts[1]?.length ?? 0)).toBe(adler32(bytes));
    }
  });
});

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function adler32(bytes: Buffer): number {
  const sum = new Adler32();
  sum.update(bytes);
  return sum.value();
}
