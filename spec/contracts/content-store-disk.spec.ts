import { mkdtemp, open, readdir, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { DiskContentStore } from '../../src/contents/index.js';
import { systemRandom } from '../../src/platform/system-random.js';
import { describeContentStore, type ContentStoreHarness } from './content-store.js';

describeContentStore('DiskContentStore', openHarness);

async function openHarness(): Promise<ContentStoreHarness> {
  const folder = await mkdtemp(join(tmpdir(), 'footbridge-contents-'));
  const store = await DiskContentStore.create({ folder, random: systemRandom });
  const pathOf = (key: string): string => join(folder, 'blobs', key.slice(0, 2), key);
  return {
    store,
    async count() {
      const entries = await readdir(folder, { recursive: true, withFileTypes: true });
      return entries.filter((entry) => !entry.isDirectory()).length;
    },
    async damage(key) {
      const file = await open(pathOf(key), 'r+');
      await file.write(Buffer.from('!'), 0, 1, 1_500_000);
      await file.close();
    },
    async putAt(storedAt, text) {
      const stored = await store.put(Readable.from([Buffer.from(text)]));
      await utimes(pathOf(stored.key), storedAt / 1_000, storedAt / 1_000);
      return stored;
    },
    stop: () => rm(folder, { recursive: true }),
  };
}
