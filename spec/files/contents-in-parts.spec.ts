import { mkdtemp, readdir, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { expect, it, onTestFinished } from 'vitest';
import type { StoredContent } from '../../src/contents/index.js';
import { moveOutContents, someContents, Sweeper, type Item } from '../../src/files/index.js';
import { DAY, HOUR, ROOT_ID } from '../../src/kernel/index.js';
import { createLog } from '../../src/platform/index.js';
import { eachDatabase } from '../support/each-database.js';
import { joiningContents } from '../support/joining-contents.js';
import { createHandClock } from '../support/seeds.js';
import { openFilesBench, textContent, textOf } from './files-bench.js';

const WORDS = ['one ', 'content ', 'in parts'];

eachDatabase((bench) => {
  /** A file whose content has three parts, and no hash of the whole. */
  async function open() {
    const folder = await mkdtemp(join(tmpdir(), 'footbridge-parts-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const database = await bench.open();
    const contents = await joiningContents({ folder, database, clock: createHandClock() });
    const files = await openFilesBench(database, { contents });
    const { clock } = files;
    const plain = await files.tree.create(files.ana, ROOT_ID, 'a', textContent(WORDS.join('')));
    const parts: StoredContent[] = [];
    for (const words of WORDS) parts.push(await contents.put(Readable.from([Buffer.from(words)])));
    await database.write(async (trx) => {
      const joined = await contents.join(trx, parts, { sha256: null, mimetype: 'text/plain' });
      const now = { content_key: joined.key, sha256: null };
      await trx('item_versions').where({ item_id: plain.id }).update(now);
      await trx('items').where({ id: plain.id }).update(now);
    });
    const file = await files.tree.stat(files.ana, plain.id);
    const sweeper = new Sweeper({ database, contents, clock, log: createLog('silent') });
    const blobs = async (): Promise<string[]> => {
      const entries = await readdir(join(folder, 'blobs'), { recursive: true, withFileTypes: true });
      return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    };
    /** Everything that nothing names goes to the quarantine, and out of it. */
    const sweep = async (): Promise<void> => {
      for (const path of await blobs()) await utimes(path, 0, 0);
      clock.advance(2 * DAY);
      await sweeper.tidy();
      clock.advance(8 * DAY + HOUR);
      await sweeper.tidy();
    };
    return { ...files, contents, file, sweeper, blobs, sweep };
  }

  it('has a strong tag although nobody knows its hash, and is found unchanged by it', async () => {
    const { tree, ana, file } = await open();
    expect(file.etag).toMatch(/^"[0-9a-f]{32}-14"$/);
    const again = await tree.open(ana, file.id, { conditions: { ifNoneMatch: [file.etag] } });
    expect(again.outcome).toBe('not-modified');
    const changed: Item = await tree.replace(ana, file.id, textContent('new'), {
      conditions: { ifMatch: [file.etag] },
    });
    expect(changed.version).toBe(2);
  });

  it('STO-08 no sweep takes a part of it, also as an older version, and everything goes with its last name', async () => {
    const { tree, trash, ana, file, blobs, sweep, sweeper } = await open();
    const copy = await tree.copy(ana, file.id, { parentId: ROOT_ID, name: 'b' });
    await tree.replace(ana, file.id, textContent('new'));
    await sweep();
    expect(await textOf(tree.open(ana, file.id, { version: 1 }))).toBe(WORDS.join(''));
    expect(await sweeper.verifyContents()).toMatchObject({ contents: 3, flaws: [] });
    expect(await blobs()).toHaveLength(4);
    await tree.remove(ana, file.id);
    await trash.erase(ana.accountId, file.id);
    await sweep();
    expect(await textOf(tree.open(ana, copy.id))).toBe(WORDS.join(''));
    await tree.remove(ana, copy.id);
    await trash.erase(ana.accountId, copy.id);
    await sweep();
    expect(await blobs()).toEqual([]);
  });

  it('is not what a start asks the storage folder for', async () => {
    const { database } = await open();
    expect(await someContents(database.read)).toEqual([]);
  });

  it('OPS-03 becomes one content again for a release before, with all its names', async () => {
    const { tree, ana, file, database, contents, blobs, sweeper } = await open();
    const copy = await tree.copy(ana, file.id, { parentId: ROOT_ID, name: 'b' });
    expect(await moveOutContents({ database, contents })).toBe(1);
    expect(await database.read('contents')).toEqual([]);
    for (const { id } of [file, copy]) expect(await textOf(tree.open(ana, id))).toBe(WORDS.join(''));
    const rows = await database.read('items').select('content_key', 'sha256');
    expect(new Set(rows.map((row) => (row as { content_key: string }).content_key)).size).toBe(1);
    expect(rows[0]).toMatchObject({ sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string });
    expect(await sweeper.verifyContents()).toMatchObject({ contents: 1, flaws: [] });
    // The first content of the file, which nothing names any more, and the new one.
    expect(await blobs()).toHaveLength(2);
    expect(await moveOutContents({ database, contents })).toBe(0);
  });
});
