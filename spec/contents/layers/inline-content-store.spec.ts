import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { migrations } from '../../../migrations/index.js';
import {
  INLINE_MOST,
  InlineContentStore,
  type ContentTrouble,
  type InlineInputs,
  type StoredContent,
} from '../../../src/contents/index.js';
import { Failure } from '../../../src/kernel/index.js';
import { migrate, rollback, type Database } from '../../../src/platform/index.js';
import { systemRandom } from '../../../src/platform/system-random.js';
import { eachDatabase } from '../../support/each-database.js';
import { createHandClock } from '../../support/seeds.js';
import { diskContents } from '../../support/disk-contents.js';

const STEP = '0043-inline-contents';

eachDatabase((bench) => {
  it('DUR-03 STO-23 nothing of a small content is there before the transaction that names it, or after it failed', async () => {
    const { store, database, count } = await open(await bench.open());
    const stored = await store.put(bytesOf('small'));
    expect(await count()).toEqual({ inline: 0, disk: 0 });
    const failing = database.write(async (trx) => {
      await store.keep(trx, stored);
      throw new Error('refused');
    });
    await expect(failing).rejects.toThrow('refused');
    expect(await count()).toEqual({ inline: 0, disk: 0 });
    await database.write((trx) => store.keep(trx, stored));
    expect(await count()).toEqual({ inline: 1, disk: 0 });
    expect((await buffer(await store.open(stored))).toString()).toBe('small');
  });

  it('keeps contents up to 16 KiB beside the rows and larger ones on the disk, announced or not', async () => {
    const { store, put, count } = await open(await bench.open());
    const sizes = { small: [0, 1, INLINE_MOST], large: [INLINE_MOST + 1, 300_000] };
    for (const size of [...sizes.small, ...sizes.large]) {
      const bytes = systemRandom.bytes(size);
      for (const options of [{}, { expectedSize: size }]) {
        const stored = await put(inChunks(bytes), options);
        expect((await buffer(await store.open(stored))).equals(bytes)).toBe(true);
        expect(await store.verify(stored)).toBe('sound');
      }
    }
    expect(await count()).toEqual({ inline: 2 * sizes.small.length, disk: 2 * sizes.large.length });
  });

  it('DUR-05 a flipped byte of a small one is told, and nothing of it is given', async () => {
    const { store, put, database, troubles } = await open(await bench.open());
    const stored = await put(bytesOf('hello'));
    const bytes = Buffer.from('hellO');
    await database.write((trx) => trx('inline_contents').where({ key: stored.key }).update({ bytes }));
    await expect(store.open(stored)).rejects.toMatchObject({ code: 'internal' });
    await expect(store.open(stored, { start: 0, end: 1 })).rejects.toMatchObject({ code: 'internal' });
    expect(await store.verify(stored)).toBe('damaged');
    expect(troubles.map(({ kind, key }) => [kind, key])).toContainEqual(['damaged', stored.key]);
  });

  it('F-02 F-62 stores none when nothing may be stored, and does not draw the rest of an upload', async () => {
    const refusal = new Failure('unavailable', 'away');
    const guard = { admit: () => Promise.reject(refusal), trouble: () => Promise.resolve('away') };
    const { store } = await open(await bench.open(), { guard });
    await expect(store.put(bytesOf('small'))).rejects.toBe(refusal);
  });

  it('leaves room: beyond the limit, and with none, small ones go to the disk; a new start knows the last count', async () => {
    const database = await bench.open();
    const first = await open(database, { limit: 10 });
    for (const word of ['five.', 'five.', 'other']) await first.put(bytesOf(word));
    expect(await first.count()).toEqual({ inline: 2, disk: 1 });
    const named = (keys: readonly string[]) => Promise.resolve(new Set(keys));
    await first.store.sweep({ now: 0, grace: 0, named, spared: named });
    const second = await open(database, { limit: 10 });
    await second.put(bytesOf('more'));
    expect(await second.count()).toEqual({ inline: 2, disk: 1 });
    const none = await open(database, { limit: 0 });
    await none.put(bytesOf('more'));
    expect(await none.count()).toEqual({ inline: 2, disk: 1 });
  });

  it('reads small ones that lie in the folder as before', async () => {
    const { store, inner } = await open(await bench.open());
    const stored = await inner.put(bytesOf('from the release before'));
    expect((await buffer(await store.open(stored))).toString()).toBe('from the release before');
    expect(await store.verify(stored)).toBe('sound');
  });

  it('OPS-03 the step goes back once they are moved out: same keys, same bytes, also after a crash half way', async () => {
    const { store, put, inner, database, count } = await open(await bench.open());
    const kept = await Promise.all(['one', 'two', ''].map((word) => put(bytesOf(word))));
    await expect(down(database)).rejects.toThrow('contents move-out');
    // Killed between the two places.
    await inner.putBack(kept[0]?.key ?? '', Buffer.from('half'));
    expect(await store.moveOut()).toBe(3);
    expect(await store.moveOut()).toBe(0);
    expect(await count()).toEqual({ inline: 0, disk: 3 });
    await down(database);
    expect(await Promise.all(kept.map((each) => inner.verify(each)))).toEqual(['sound', 'sound', 'sound']);
    await migrate(database, migrations);
    expect((await buffer(await store.open(kept[0] as StoredContent))).toString()).toBe('one');
  });
});

describe('small contents', () => {
  it('are those of up to 16 KiB, for ever: larger ones are never looked for in the database', () => {
    expect(INLINE_MOST).toBe(16_384);
  });
});

async function open(database: Database, overrides: Partial<InlineInputs> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'footbridge-inline-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const troubles: ContentTrouble[] = [];
  const inner = await diskContents({ folder, random: systemRandom });
  const store = new InlineContentStore({
    inner,
    database,
    random: systemRandom,
    clock: createHandClock(),
    limit: 1_000_000,
    onTrouble: (trouble) => troubles.push(trouble),
    ...overrides,
  });
  const put = async (...parameters: Parameters<InlineContentStore['put']>): Promise<StoredContent> => {
    const stored = await store.put(...parameters);
    await database.write((trx) => store.keep(trx, stored));
    return stored;
  };
  const count = async (): Promise<{ inline: number; disk: number }> => {
    const keys: unknown[] = await database.read('inline_contents').select('key');
    const entries = await readdir(join(folder, 'blobs'), { recursive: true, withFileTypes: true });
    return { inline: keys.length, disk: entries.filter((entry) => entry.isFile()).length };
  };
  return { store, inner, put, count, database, troubles };
}

/** Takes steps back until the one that made the table is gone. */
async function down(database: Database): Promise<void> {
  while ((await rollback(database, migrations)) !== STEP);
}

function bytesOf(text: string): Readable {
  return Readable.from(text === '' ? [] : [Buffer.from(text)], { objectMode: false });
}

function inChunks(bytes: Buffer): Readable {
  const chunks = Array.from({ length: Math.ceil(bytes.length / 5_000) }, (_, index) =>
    bytes.subarray(index * 5_000, (index + 1) * 5_000),
  );
  return Readable.from(chunks, { objectMode: false });
}
