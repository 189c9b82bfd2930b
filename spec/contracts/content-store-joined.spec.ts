import { mkdtemp, readdir, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { JoinedContentStore, type ContentStore, type StoredContent } from '../../src/contents/index.js';
import type { Database } from '../../src/platform/index.js';
import { systemRandom } from '../../src/platform/system-random.js';
import { diskContents, flipByte } from '../support/disk-contents.js';
import { eachDatabase, type Bench } from '../support/each-database.js';
import { createHandClock } from '../support/seeds.js';
import { describeContentStore, type ContentStoreHarness } from './content-store.js';

/** Into how many parts each content is cut. */
const PARTS = 3;

interface PartRow {
  readonly part_key: string;
  readonly start: number;
  readonly size: number;
}

eachDatabase((bench) => {
  describeContentStore('contents in parts on a disk', () => openHarness(bench));
});

async function openHarness(bench: Bench): Promise<ContentStoreHarness> {
  const database = await bench.open();
  const folder = await mkdtemp(join(tmpdir(), 'footbridge-contents-'));
  const inner = await diskContents({ folder, random: systemRandom });
  const none = () => Promise.resolve(new Set<string>());
  const joined = new JoinedContentStore({
    inner,
    database,
    random: systemRandom,
    clock: createHandClock(),
    named: none,
  });
  const store = inParts(joined, database);
  const pathOf = (key: string): string => join(folder, 'blobs', key.slice(0, 2), key);
  const partsOf = (key: string): Promise<PartRow[]> =>
    database.read('segments').where({ content_key: key }).select('part_key', 'start', 'size');
  return {
    store,
    mayBreakOff: true,
    async count() {
      const inside = (name: string) => readdir(join(folder, name), { recursive: true, withFileTypes: true });
      const files = [...(await inside('blobs')), ...(await inside('tmp'))].filter((entry) => !entry.isDirectory());
      const parts: string[] = await database.read('segments').pluck('part_key');
      const whole: unknown[] = await database.read('contents').whereNull('unnamed_since').select('key');
      return whole.length + files.filter(({ name }) => !parts.includes(name)).length;
    },
    async damage(key) {
      const part = (await partsOf(key)).find(({ start, size }) => start <= 1_500_000 && start + size > 1_500_000);
      await flipByte(pathOf(part?.part_key ?? key), 1_500_000 - (part?.start ?? 0));
    },
    async putAt(storedAt, text) {
      const stored = await store.put(Readable.from([Buffer.from(text)]));
      const at = { stored_at: storedAt };
      await database.write((trx) => trx('contents').where({ key: stored.key }).update(at));
      const keys = [stored.key, ...(await partsOf(stored.key)).map((part) => part.part_key)];
      for (const key of keys.filter((each) => !each.startsWith('joined-')))
        await utimes(pathOf(key), storedAt / 1_000, storedAt / 1_000);
      return stored;
    },
    stop: () => rm(folder, { recursive: true }),
  };
}

/** Stores each content in parts and joins them; one byte and none cannot be cut. */
function inParts(store: JoinedContentStore, database: Database): ContentStore {
  const put: ContentStore['put'] = async (source, options) => {
    const whole = await store.put(source, options);
    if (whole.size < 2) return whole;
    const bytes = await buffer(await store.open(whole));
    const step = Math.ceil(bytes.length / PARTS);
    const parts: StoredContent[] = [];
    for (let at = 0; at < bytes.length; at += step)
      parts.push(await store.put(Readable.from([bytes.subarray(at, at + step)])));
    await store.remove(whole.key);
    const { sha256, mimetype } = whole;
    return { ...(await database.write((trx) => store.join(trx, parts, { sha256, mimetype }))), sha256 };
  };
  return new Proxy<ContentStore>(store, {
    get: (target, name) => (name === 'put' ? put : (Reflect.get(target, name) as () => unknown).bind(target)),
  });
}
