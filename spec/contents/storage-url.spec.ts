import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openStorage, type StorageInputs } from '../../src/contents/index.js';
import { createLog, HashThread } from '../../src/platform/index.js';
import { systemRandom } from '../../src/platform/system-random.js';
import { sqliteBench } from '../support/each-database.js';
import { createHandClock } from '../support/seeds.js';

const LARGE = 20_000;

const bench = sqliteBench();

async function open(url: string, more: Partial<StorageInputs> = {}) {
  const thread = new HashThread();
  onTestFinished(() => thread.close());
  const database = await bench.open();
  return openStorage({
    url,
    opening: 'prove',
    inlineLimit: 0,
    database,
    thread,
    random: systemRandom,
    clock: createHandClock(),
    log: createLog('silent'),
    sample: () => Promise.resolve([]),
    named: () => Promise.resolve(new Set()),
    requireSpace: () => undefined,
    onTrouble: () => undefined,
    ...more,
  });
}

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'footbridge-storage-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

const put = async (store: Awaited<ReturnType<typeof open>>) => store.put(Readable.from([Buffer.alloc(LARGE, 1)]));

describe('the URL of a storage', () => {
  it('names a folder, which bears the mark of its database from then on', async () => {
    const folder = join(await newFolder(), 'contents');
    const store = await open(pathToFileURL(folder).href);
    expect((await buffer(await store.open(await put(store)))).length).toBe(LARGE);
    expect((await readdir(folder)).sort()).toEqual(['blobs', 'footbridge-store.json', 'leases', 'tmp']);
  });

  it('names a memory for tests', async () => {
    const store = await open('memory:');
    expect((await buffer(await store.open(await put(store)))).length).toBe(LARGE);
  });

  it('that nothing here knows is refused', async () => {
    await expect(open('ftp://alder.example/')).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('F-62 nothing is stored where what is reserved would be filled, whatever the medium', async () => {
    const refusal = new Error('no room');
    const requireSpace = () => {
      throw refusal;
    };
    for (const url of ['memory:', pathToFileURL(await newFolder()).href])
      await expect(put(await open(url, { requireSpace }))).rejects.toBe(refusal);
  });

  it('opened for reading makes nothing and stores nothing', async () => {
    const folder = await newFolder();
    const store = await open(pathToFileURL(folder).href, { opening: 'read' });
    await expect(put(store)).rejects.toThrow('opened for reading');
    expect(await readdir(folder)).toEqual([]);
  });
});
