import { mkdtemp, readdir, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { InlineContentStore, openStorage, type ContentStore } from '../../src/contents/index.js';
import { createLog, HashThread, type Database } from '../../src/platform/index.js';
import { systemRandom } from '../../src/platform/system-random.js';
import { diskContents, flipByte } from '../support/disk-contents.js';
import { eachDatabase, sqliteBench, type Bench } from '../support/each-database.js';
import { createHandClock } from '../support/seeds.js';
import { describeContentStore, type ContentStoreHarness } from './content-store.js';

/** Bytes that small contents may take in the database. */
const LIMIT = 1_000_000_000;

interface Ground {
  readonly folder: string;
  readonly database: Database;
  readonly thread: HashThread;
}

eachDatabase((bench) => {
  describeContentStore('small contents in the database before a disk', () => openHarness(bench, inlineBeforeDisk));
});

// The cache knows nothing of the database.
const sqlite = sqliteBench();
describeContentStore('contents as a cloud opens them, a cache before both', () => openHarness(sqlite, asClouds));

async function inlineBeforeDisk({ folder, database }: Ground): Promise<ContentStore> {
  const inner = await diskContents({ folder, random: systemRandom });
  return new InlineContentStore({ inner, database, random: systemRandom, clock: createHandClock(), limit: LIMIT });
}

/** Of a new database beside a new folder, which names nothing yet. */
function asClouds({ folder, database, thread }: Ground): Promise<ContentStore> {
  return openStorage({
    url: pathToFileURL(folder).href,
    opening: 'prove',
    inlineLimit: LIMIT,
    database,
    thread,
    random: systemRandom,
    clock: createHandClock(),
    log: createLog('silent'),
    sample: () => Promise.resolve([]),
    named: () => Promise.resolve(new Set()),
    requireSpace: () => undefined,
    onTrouble: () => undefined,
  });
}

async function openHarness(
  bench: Bench,
  compose: (ground: Ground) => Promise<ContentStore>,
): Promise<ContentStoreHarness> {
  const database = await bench.open();
  const folder = await mkdtemp(join(tmpdir(), 'footbridge-contents-'));
  const thread = new HashThread();
  const store = keeping(await compose({ folder, database, thread }), database);
  const pathOf = (key: string): string => join(folder, 'blobs', key.slice(0, 2), key);
  return {
    store,
    async count() {
      const inside = (name: string) => readdir(join(folder, name), { recursive: true, withFileTypes: true });
      const entries = [...(await inside('blobs')), ...(await inside('tmp'))];
      const small: unknown[] = await database.read('inline_contents').whereNull('unnamed_since').select('key');
      return small.length + entries.filter((entry) => !entry.isDirectory()).length;
    },
    damage: (key) => flipByte(pathOf(key), 1_500_000),
    async putAt(storedAt, text) {
      const stored = await store.put(Readable.from([Buffer.from(text)]));
      const at = { stored_at: storedAt };
      const changed = await database.write((trx) => trx('inline_contents').where({ key: stored.key }).update(at));
      if (changed === 0) await utimes(pathOf(stored.key), storedAt / 1_000, storedAt / 1_000);
      return stored;
    },
    stop: async () => {
      await thread.close();
      // An upload that was refused early may have begun to write the mark of the folder.
      await rm(folder, { recursive: true, maxRetries: 10 });
    },
  };
}

/** Refers to what it stores at once, as the write path does. */
function keeping(store: ContentStore, database: Database): ContentStore {
  return new Proxy(store, {
    get: (target, name) => {
      if (name !== 'put') return (Reflect.get(target, name) as () => unknown).bind(target);
      return async (...parameters: Parameters<ContentStore['put']>) => {
        const stored = await target.put(...parameters);
        await database.write((trx) => target.keep(trx, stored));
        return stored;
      };
    },
  });
}
