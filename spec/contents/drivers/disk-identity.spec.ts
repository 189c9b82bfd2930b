import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  dataFingerprint,
  IdentityGuard,
  settleIdentity,
  unclaimedOf,
  type ContentStore,
} from '../../../src/contents/index.js';
import { createLog, type Database } from '../../../src/platform/index.js';
import { systemRandom } from '../../../src/platform/system-random.js';
import { eachDatabase } from '../../support/each-database.js';
import { diskContents } from '../../support/disk-contents.js';

const MARKER = 'footbridge-store.json';

async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'footbridge-identity-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A storage folder as one database sees it; `rows` are the contents that it names. */
function storeOf(database: Database, folder: string, rows: string[] = []) {
  const inputs = {
    folder,
    database,
    random: systemRandom,
    log: createLog('silent'),
    sample: () => Promise.resolve(rows),
    named: (keys: readonly string[]) => Promise.resolve(new Set(keys.filter((key) => rows.includes(key)))),
  };
  const open = async (claim: 'prove' | 'adopt' = 'prove') => {
    const { id } = await settleIdentity(inputs, claim);
    const guard = new IdentityGuard({ ...inputs, id });
    return { id, guard, store: await diskContents({ folder, random: systemRandom, guard }) };
  };
  return { folder, rows, open };
}

async function stored(store: ContentStore, text = 'abc'): Promise<string> {
  return (await store.put(Readable.from([Buffer.from(text)]))).key;
}

/** Every file of the folder with its bytes. */
async function everything(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(await Promise.all(files.map(async (file) => [file, await readFile(file, 'utf8')])));
}

eachDatabase((bench) => {
  /** Expects the start to be refused with words that say what to do, and nothing to have changed. */
  async function refused({ folder, open }: ReturnType<typeof storeOf>, words: RegExp): Promise<void> {
    const before = await everything(folder);
    await expect(open()).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(words) as string,
    });
    expect(await everything(folder)).toEqual(before);
  }

  describe('the identity of a store', () => {
    it('F-01 is made for a new database and a new folder, and proves itself at every later start', async () => {
      const alder = storeOf(await bench.open(), join(await emptyFolder(), 'contents'));
      const { id, store } = await alder.open();
      await stored(store);
      expect(JSON.parse(await readFile(join(alder.folder, MARKER), 'utf8'))).toMatchObject({
        store: id,
        generation: 2,
      });
      expect((await alder.open()).id).toBe(id);
    });

    it('F-01 a new database beside a store of another, marked or not, is refused', async () => {
      const folder = await emptyFolder();
      await stored((await storeOf(await bench.open(), folder).open()).store);
      await refused(storeOf(await bench.open(), folder), /belongs to a database.*--adopt-storage/);
      await rm(join(folder, MARKER));
      await refused(
        storeOf(await bench.open(), folder),
        /holds contents that this database does not name.*--adopt-storage/,
      );
    });

    it('F-01 the second of two clouds on one storage is refused', async () => {
      const [ours, theirs] = [
        storeOf(await bench.open(), await emptyFolder()),
        storeOf(await bench.open(), await emptyFolder()),
      ];
      await ours.open();
      await theirs.open();
      await refused({ ...theirs, ...storeOf(await bench.open(), ours.folder) }, /belongs to a database/);
      await rm(theirs.folder, { recursive: true });
      await cp(ours.folder, theirs.folder, { recursive: true });
      await refused(theirs, /belongs to another database: two clouds must not share one.*--adopt-storage/);
    });

    it('F-01 a database that is a copy from before the last uploads is refused', async () => {
      const database = await bench.open();
      const alder = storeOf(database, await emptyFolder());
      await stored((await alder.open()).store);
      const copy = await database.read('meta').where({ key: 'store' }).first<{ value: string }>('value');
      await stored((await alder.open()).store);
      await database.write((trx) => trx('meta').where({ key: 'store' }).update(copy));
      await refused(alder, /is newer than this database.*--adopt-storage/);
    });

    it('F-01 the number that shows it rises before the first upload of each minute, and no other', async () => {
      vi.useFakeTimers({ toFake: ['performance'] });
      onTestFinished(() => void vi.useRealTimers());
      const alder = storeOf(await bench.open(), await emptyFolder());
      const { store } = await alder.open();
      const generation = async () =>
        (JSON.parse(await readFile(join(alder.folder, MARKER), 'utf8')) as { generation: number }).generation;
      await Promise.all(Array.from({ length: 5 }, () => stored(store)));
      expect(await generation()).toBe(2);
      vi.advanceTimersByTime(59_000);
      await stored(store);
      expect(await generation()).toBe(2);
      vi.advanceTimersByTime(1_000);
      await stored(store);
      expect(await generation()).toBe(3);
    });

    it('F-01 killed between the two writes of the number, it starts without a hand', async () => {
      const database = await bench.open();
      const alder = storeOf(database, await emptyFolder());
      const { id } = await alder.open();
      const value = JSON.stringify({ id, generation: 2 });
      await database.write((trx) => trx('meta').where({ key: 'store' }).update({ value }));
      expect((await alder.open()).id).toBe(id);
    });

    it('OPS-02 killed before the folder bears its mark, it is finished by the next start', async () => {
      const database = await bench.open();
      const value = JSON.stringify({ id: 'half', generation: 0 });
      await database.write((trx) => trx('meta').insert({ key: 'store', value }));
      const alder = storeOf(database, await emptyFolder());
      expect((await alder.open()).id).toBe('half');
      await database.write((trx) => trx('meta').where({ key: 'store' }).update({ value }));
      expect((await alder.open()).id).toBe('half');
      expect((await alder.open()).id).toBe('half');
    });

    it('F-02 an empty mount point, or none, is refused by a database that had a store', async () => {
      const alder = storeOf(await bench.open(), join(await emptyFolder(), 'contents'));
      await alder.open();
      await rm(alder.folder, { recursive: true });
      await expect(alder.open()).rejects.toThrow(/Mount its disk/);
      await mkdir(alder.folder);
      await refused(alder, /the file that marks it is missing.*Mount its disk.*--adopt-storage/);
    });

    it('F-01 a marker that is not ours is refused', async () => {
      const alder = storeOf(await bench.open(), await emptyFolder());
      await alder.open();
      await writeFile(join(alder.folder, MARKER), 'junk');
      await refused(alder, /cannot be understood/);
    });

    it('OPS-02 several that start at once agree on one identity', async () => {
      const alder = storeOf(await bench.open(), await emptyFolder());
      const ids = await Promise.all(Array.from({ length: 8 }, async () => (await alder.open()).id));
      expect(new Set(ids).size).toBe(1);
    });
  });

  describe('a data folder of release 0.1', () => {
    /** A store without mark, and a database without knowledge of it that names `named` of its contents. */
    async function unmarked(named: (keys: string[]) => string[]) {
      const folder = await emptyFolder();
      const store = await diskContents({ folder, random: systemRandom });
      const keys = await Promise.all(['a', 'b', 'c'].map((text) => stored(store, text)));
      const database = await bench.open();
      return { database, keys, alder: storeOf(database, folder, named(keys)) };
    }

    it('F-01 is taken without a word when the contents that the database names are there', async () => {
      const { alder, database, keys } = await unmarked((all) => all.slice(0, 2));
      const { id } = await alder.open();
      expect((await alder.open()).id).toBe(id);
      expect(await unclaimedOf(database.read, keys)).toEqual(new Set(keys.slice(2)));
    });

    it('F-01 F-02 is refused when they are not', async () => {
      const strangers = ['0'.repeat(40), '1'.repeat(40)];
      await refused((await unmarked(() => strangers)).alder, /does not name/);
      await refused((await unmarked((keys) => [...keys.slice(0, 1), ...strangers])).alder, /does not name/);
      const { database, alder } = await unmarked((keys) => keys);
      await refused(storeOf(database, await emptyFolder(), alder.rows), /Mount its disk/);
    });
  });

  describe('a wanted take-over', () => {
    it('F-01 gives the store a new identity, keeps every content, and shuts the former database out', async () => {
      const folder = await emptyFolder();
      const former = storeOf(await bench.open(), folder);
      const { store, id } = await former.open();
      const key = await stored(store);
      const database = await bench.open();
      const now = storeOf(database, folder);
      const taken = await now.open('adopt');
      expect(taken.id).not.toBe(id);
      expect(await unclaimedOf(database.read, [key])).toEqual(new Set([key]));
      expect((await now.open()).id).toBe(taken.id);
      const word = await dataFingerprint(database.read);
      expect(word).toMatch(/^[0-9a-f]{16}$/);
      expect((await now.open('adopt')).id).toBe(taken.id);
      expect(await dataFingerprint(database.read)).toBe(word);
      await expect(stored(store)).rejects.toMatchObject({ code: 'unavailable' });
      expect(await store.health()).toEqual({ ok: false, reason: 'The storage folder belongs to another database.' });
      await refused(former, /belongs to another database/);
      expect((await everything(folder))[join(folder, 'blobs', key.slice(0, 2), key)]).toBe('abc');
    });

    it('F-02 of a folder that is lost goes on with an empty one', async () => {
      const alder = storeOf(await bench.open(), await emptyFolder());
      await alder.open();
      await rm(alder.folder, { recursive: true });
      await alder.open('adopt');
      await stored((await alder.open()).store);
    });
  });

  describe('a storage that vanishes while it is used', () => {
    it('F-02 takes and gives nothing until it is back, makes nothing in its place, and says why', async () => {
      const alder = storeOf(await bench.open(), await emptyFolder());
      const { store } = await alder.open();
      const content = await store.put(Readable.from([Buffer.from('abc')]));
      const away = `${alder.folder}.away`;
      onTestFinished(() => rm(away, { recursive: true, force: true }));
      await cp(alder.folder, away, { recursive: true });
      await rm(alder.folder, { recursive: true });
      await mkdir(alder.folder);
      await expect(stored(store)).rejects.toMatchObject({ code: 'unavailable' });
      await expect(store.open(content)).rejects.toMatchObject({ code: 'unavailable' });
      expect(await store.health()).toEqual({
        ok: false,
        reason: expect.stringContaining('is its disk mounted') as string,
      });
      expect(await readdir(alder.folder)).toEqual([]);
      await cp(away, alder.folder, { recursive: true });
      expect(await store.health()).toEqual({ ok: true });
      await stored(store);
    });

    it('F-02 in the middle of an upload, the upload is refused alike', async () => {
      const alder = storeOf(await bench.open(), await emptyFolder());
      const { store } = await alder.open();
      const source = new Readable({ read: () => undefined });
      source.push('half');
      const put = store.put(source);
      await expect.poll(async () => (await readdir(join(alder.folder, 'tmp'))).length).toBe(1);
      await rm(alder.folder, { recursive: true });
      source.push(null);
      await expect(put).rejects.toMatchObject({ code: 'unavailable' });
    });
  });
});
