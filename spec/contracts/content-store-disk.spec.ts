import { mkdtemp, readdir, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { HashThread, systemRandom } from '../../src/platform/index.js';
import { describeContentStore, type ContentStoreHarness } from './content-store.js';
import { diskContents, flipByte } from '../support/disk-contents.js';

describeContentStore('contents on a disk', () => openHarness());
describeContentStore('contents on a disk with a thread for hashes', () => openHarness(new HashThread()));

async function openHarness(thread?: HashThread): Promise<ContentStoreHarness> {
  const folder = await mkdtemp(join(tmpdir(), 'footbridge-contents-'));
  const store = await diskContents({ folder, random: systemRandom, thread });
  const pathOf = (key: string): string => join(folder, 'blobs', key.slice(0, 2), key);
  return {
    store,
    async count() {
      const inside = (name: string) => readdir(join(folder, name), { recursive: true, withFileTypes: true });
      const entries = [...(await inside('blobs')), ...(await inside('tmp'))];
      return entries.filter((entry) => !entry.isDirectory()).length;
    },
    damage: (key) => flipByte(pathOf(key), 1_500_000),
    async putAt(storedAt, text) {
      const stored = await store.put(Readable.from([Buffer.from(text)]));
      await utimes(pathOf(stored.key), storedAt / 1_000, storedAt / 1_000);
      return stored;
    },
    stop: async () => {
      await thread?.close();
      await rm(folder, { recursive: true });
    },
  };
}
