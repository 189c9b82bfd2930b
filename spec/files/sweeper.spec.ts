import { mkdtemp, open as openFile, readdir, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Sweeper } from '../../src/files/index.js';
import { DAY, HOUR, ROOT_ID } from '../../src/kernel/index.js';
import { createLog } from '../../src/platform/index.js';
import { eachDatabase } from '../support/each-database.js';
import { createSeededRandom } from '../support/seeds.js';
import { openFilesBench, textContent, textOf, type FilesBench } from './files-bench.js';
import { diskContents } from '../support/disk-contents.js';

interface SweeperBench extends FilesBench {
  readonly sweeper: Sweeper;
  /** The lines of its log. */
  readonly said: readonly unknown[];
  readonly folder: string;
  blobs(): Promise<string[]>;
  /** Makes every stored content look as old as the clock says it should be. */
  age(days: number): Promise<void>;
}

const NOTHING = { quarantined: 0, erased: 0, returned: 0, left: 0, spared: 0 };

eachDatabase((bench) => {
  async function open(): Promise<SweeperBench> {
    const folder = await mkdtemp(join(tmpdir(), 'footbridge-sweeper-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const contents = await diskContents({ folder, random: createSeededRandom() });
    const files = await openFilesBench(await bench.open(), { contents });
    const blobs = async (): Promise<string[]> => {
      const entries = await readdir(join(folder, 'blobs'), { recursive: true, withFileTypes: true });
      return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    };
    const age = async (days: number): Promise<void> => {
      const at = (files.clock.now() - days * DAY) / 1_000;
      for (const path of await blobs()) await utimes(path, at, at);
    };
    const said: unknown[] = [];
    const log = createLog('info', { write: (line) => said.push(JSON.parse(line)) });
    return { ...files, sweeper: new Sweeper({ ...files, log }), said, folder, blobs, age };
  }

  describe('the sweeper', () => {
    it('K3 F-01 takes contents that no row names after a day, and no other; says so; their bytes go 7 days later', async () => {
      const files = await open();
      const file = await files.tree.create(files.ana, ROOT_ID, 'a', textContent('kept'));
      await files.contents.put(textContent('orphan').body);
      files.clock.advance(HOUR);
      await files.age(0);
      expect(await files.sweeper.tidy()).toMatchObject({ contents: NOTHING });
      expect(files.said).toEqual([]);
      await files.age(2);
      expect(await files.sweeper.tidy()).toMatchObject({ contents: { ...NOTHING, quarantined: 1 } });
      expect(files.said).toMatchObject([{ quarantined: 1, msg: 'contents that no row names were swept' }]);
      files.clock.advance(6 * DAY);
      expect(await files.sweeper.tidy()).toMatchObject({ contents: NOTHING });
      files.clock.advance(2 * DAY);
      expect(await files.sweeper.tidy()).toMatchObject({ contents: { ...NOTHING, erased: 1 } });
      expect(await textOf(files.tree.open(files.ana, file.id))).toBe('kept');
    });

    it('F-01 touches no content in the first hour, but by an administrator’s word', async () => {
      const files = await open();
      await files.contents.put(textContent('orphan').body);
      await files.age(30);
      expect(await files.sweeper.tidy()).toMatchObject({ contents: undefined });
      files.clock.advance(HOUR - 1);
      expect(await files.sweeper.tidy()).toMatchObject({ contents: undefined });
      expect(await files.blobs()).toHaveLength(1);
      const swept = await files.sweeper.sweepContents({ all: false, erase: false });
      expect(swept).toEqual({ ...NOTHING, quarantined: 1 });
    });

    it('F-01 an older database that took a storage over leaves what it does not name to an administrator', async () => {
      const files = await open();
      const { key } = await files.contents.put(textContent('written after the backup').body);
      await files.database.write((trx) => trx('unclaimed_contents').insert({ content_key: key }));
      files.clock.advance(HOUR);
      await files.age(30);
      expect(await files.sweeper.tidy()).toMatchObject({ contents: { ...NOTHING, spared: 1 } });
      const swept = await files.sweeper.sweepContents({ all: true, erase: false });
      expect(swept).toEqual({ ...NOTHING, quarantined: 1 });
      expect(await files.database.read('unclaimed_contents')).toEqual([]);
    });

    it('DUR-06 keeps the contents of old versions and of deleted files', async () => {
      const files = await open();
      const file = await files.tree.create(files.ana, ROOT_ID, 'a', textContent('one'));
      await files.tree.replace(files.ana, file.id, textContent('two'));
      await files.tree.remove(files.ana, file.id);
      files.clock.advance(HOUR);
      await files.age(30);
      expect(await files.sweeper.tidy()).toMatchObject({ contents: NOTHING });
      expect(await files.blobs()).toHaveLength(2);
    });

    it('forgets receipts when their time is over', async () => {
      const files = await open();
      const once = { receipt: { key: 'once', digest: 'request' } };
      const folder = await files.tree.makeFolder(files.ana, ROOT_ID, 'a', once);
      expect(await files.sweeper.tidy()).toMatchObject({ receipts: 0 });
      expect(await files.tree.makeFolder(files.ana, ROOT_ID, 'a', once)).toEqual(folder);
      files.clock.advance(DAY);
      expect(await files.sweeper.tidy()).toMatchObject({ receipts: 1 });
      expect(await files.database.read('receipts').select()).toEqual([]);
    });

    it('DUR-05 finds damaged and missing contents of every version, and tells of its progress', async () => {
      const files = await open();
      const damaged = await files.tree.create(files.ana, ROOT_ID, 'damaged', textContent('bytes'));
      const [blob] = await files.blobs();
      await files.tree.replace(files.ana, damaged.id, textContent('more bytes'));
      await files.tree.move(files.ana, damaged.id, { name: 'renamed' });
      const handle = await openFile(blob ?? '', 'r+');
      await handle.write(Buffer.from('!'), 0, 1, 0);
      await handle.close();
      const progress: number[] = [];
      const found = await files.sweeper.verifyContents((done) => progress.push(done));
      expect(found).toEqual({
        contents: 2,
        bytes: 15,
        flaws: [{ itemId: damaged.id, version: 1, name: 'damaged', soundness: 'damaged' }],
      });
      expect(progress).toEqual([1, 2]);
      await rm(blob ?? '');
      expect((await files.sweeper.verifyContents()).flaws).toMatchObject([{ soundness: 'missing' }]);
    });
  });
});
