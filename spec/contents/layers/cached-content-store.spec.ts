import { readdir, rm, writeFile } from 'node:fs/promises';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { CachedContentStore } from '../../../src/contents/index.js';
import { systemRandom } from '../../../src/platform/index.js';
import { diskContents } from '../../support/disk-contents.js';

const folders: string[] = [];

async function open(): Promise<{ folder: string; store: CachedContentStore }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'cached-'));
  folders.push(folder);
  return { folder, store: new CachedContentStore(await diskContents({ folder, random: systemRandom })) };
}

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

async function blobsOf(folder: string): Promise<string[]> {
  const names = await readdir(path.join(folder, 'blobs'), { recursive: true, withFileTypes: true });
  return names.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
}

describe('a store that keeps small contents in memory', () => {
  it('reads a small content from the disk once, whole or in parts', async () => {
    const { folder, store } = await open();
    const content = await store.put(Readable.from([Buffer.from('hello world')]));
    expect((await buffer(await store.open(content))).toString()).toBe('hello world');
    for (const blob of await blobsOf(folder)) await rm(blob);
    expect((await buffer(await store.open(content))).toString()).toBe('hello world');
    expect((await buffer(await store.open(content, { start: 6, end: 8 }))).toString()).toBe('wor');
  });

  it('DUR-05 keeps nothing that was damaged', async () => {
    const { folder, store } = await open();
    const content = await store.put(Readable.from([Buffer.from('hello world')]));
    for (const blob of await blobsOf(folder)) await writeFile(blob, 'hellO world');
    for (let round = 0; round < 2; round += 1) {
      await expect(async () => buffer(await store.open(content))).rejects.toThrow();
    }
  });

  it('forgets what is removed and does not keep what is large', async () => {
    const { folder, store } = await open();
    const small = await store.put(Readable.from([Buffer.from('small')]));
    await buffer(await store.open(small));
    await store.remove(small.key);
    await expect(store.open(small)).rejects.toThrow();
    const large = await store.put(Readable.from([Buffer.alloc(70_000, 1)]));
    await buffer(await store.open(large));
    for (const blob of await blobsOf(folder)) await rm(blob);
    await expect(store.open(large)).rejects.toThrow();
  });

  it('FLW-01 keeps no more than its room, the last used longest', async () => {
    const { folder, store } = await open();
    const first = await store.put(Readable.from([Buffer.alloc(65_536, 1)]));
    await buffer(await store.open(first));
    const second = await store.put(Readable.from([Buffer.alloc(65_536, 2)]));
    await buffer(await store.open(second));
    const filler = await store.put(Readable.from([Buffer.alloc(65_536, 3)]));
    const copies = Array.from({ length: 511 }, () => filler);
    for (const [index] of copies.entries()) {
      const content = await store.put(Readable.from([Buffer.alloc(65_536, 4 + (index % 200))]));
      await buffer(await store.open(content));
      await buffer(await store.open(second));
    }
    for (const blob of await blobsOf(folder)) await rm(blob);
    expect((await buffer(await store.open(second)))[0]).toBe(2);
    await expect(store.open(first)).rejects.toThrow();
  });
});
