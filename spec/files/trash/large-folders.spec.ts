import { describe, expect, it } from 'vitest';
import { Tree, type Trash } from '../../../src/files/index.js';
import { MINUTE, ROOT_ID, type AccountId, type ItemId } from '../../../src/kernel/index.js';
import type { Database } from '../../../src/platform/index.js';
import { eachDatabase, sqliteBench } from '../../support/each-database.js';
import { watchTurns } from '../../support/stopwatch.js';
import { namesIn, openFilesBench, trashOver, type FilesBench } from '../files-bench.js';

const ANA = 'ana' as AccountId;

/** Milliseconds for which nothing may hold the event loop (F-60). */
const MOST_HELD = 50;

/** Fills a folder with so many files of one byte, as an import would. */
async function fill(database: Database, folderId: ItemId, count: number): Promise<void> {
  const file = { status: 'NEW', version: 1, size: 1, checksum: 1, mimetype: 'text/plain', modified_at: 0 };
  for (let first = 0; first < count; first += 500) {
    await database.write(async (trx) => {
      const numbers = Array.from({ length: Math.min(500, count - first) }, (_, index) => 1_000_000 + first + index);
      const content = (n: number) => ({ name: `file ${String(n)}`, parent_id: folderId, content_key: `k${String(n)}` });
      const rows = numbers.map((n) => ({ ...file, ...content(n), sha256: 'ab', id: n }));
      await trx.batchInsert(
        'items',
        rows.map((row) => ({ ...row, owner_id: ANA, is_folder: false })),
        500,
      );
      await trx.batchInsert(
        'item_versions',
        rows.map(({ id, ...row }) => ({ ...row, item_id: id })),
        500,
      );
      await trx('accounts').where({ id: ANA }).increment('used_bytes', rows.length);
    });
  }
}

/** For how long one turn of the event loop was held at most while something was done, milliseconds. */
async function held(work: () => Promise<unknown>): Promise<number> {
  const longest = watchTurns();
  await work();
  return longest();
}

/** A folder of 100 000 files goes into the trash, comes back, and goes for good. */
async function heldOnItsWay({ tree, ana, trash, database }: FilesBench) {
  const folder = await tree.makeFolder(ana, ROOT_ID, 'Folder');
  await fill(database, folder.id, 100_000);
  const removing = await held(async () => (await tree.remove(ana, folder.id), trash.settled()));
  const restoring = await held(async () => (await trash.restore(ANA, folder.id), trash.settled()));
  await tree.remove(ana, folder.id);
  await trash.settled();
  const erasing = await held(async () => (await trash.erase(ANA, folder.id), trash.settled()));
  return { removing, restoring, erasing };
}

async function total({ trash }: FilesBench): Promise<number> {
  const { current, versions, trash: deleted } = await trash.usage(ANA);
  return current + versions + deleted;
}

/** The same files in a process that dies after every first commit. */
function dyingBeside({ database, contents, clock }: FilesBench): { tree: Tree; trash: Trash } {
  const trash = trashOver(database, clock);
  trash.continue = () => Promise.resolve();
  const never = (): never => {
    throw new Error('no mounts here');
  };
  const rest = { openMount: never, grantTerms: async () => undefined, onRemoved: async () => undefined };
  return { trash, tree: new Tree({ ...rest, database, contents, clock, trash, defaultQuota: undefined }) };
}

eachDatabase((bench) => {
  describe('a large folder (F-04, scale.md 2.3)', () => {
    it('is gone with the first commit, whole in the trash afterwards, and comes back whole', async () => {
      const files = await openFilesBench(await bench.open());
      const { tree, ana, trash, database } = files;
      const outer = await tree.makeFolder(ana, ROOT_ID, 'Outer');
      const inner = await tree.makeFolder(ana, outer.id, 'Inner');
      await fill(database, inner.id, 2_300);
      const some = String(1_000_000 + 2_299) as ItemId;
      await tree.remove(ana, outer.id);
      expect(await namesIn(tree, ana, ROOT_ID)).toEqual([]);
      expect(await tree.stat(ana, some)).toMatchObject({ status: 'DELETED' });
      await expect(tree.open(ana, some)).rejects.toMatchObject({ code: 'not-found' });
      expect(await namesIn(tree, ana, inner.id)).toEqual([]);
      await expect(tree.move(ana, some, { name: 'x' })).rejects.toMatchObject({ code: 'not-found' });
      expect(await total(files)).toBe(2_300);
      await trash.settled();
      expect(await trash.usage(ANA)).toMatchObject({ current: 0, trash: 2_300 });
      expect(await trash.list(ANA, 10)).toMatchObject([{ name: 'Outer', bytes: 2_300 }]);

      expect(await trash.restore(ANA, outer.id)).toBe('under-way');
      await trash.settled();
      expect(await trash.usage(ANA)).toMatchObject({ current: 2_300, trash: 0 });
      expect(await namesIn(tree, ana, ROOT_ID)).toEqual(['Outer']);
      expect(await namesIn(tree, ana, inner.id)).toHaveLength(2_300);

      await tree.remove(ana, outer.id);
      await trash.erase(ANA, outer.id);
      expect(await total(files)).toBe(0);
      await trash.settled();
      for (const table of ['items', 'item_versions', 'trash']) expect(await database.read(table)).toEqual([]);
    });

    it('is seen to after a crash on its way into the trash, out of it, or away', async () => {
      const files = await openFilesBench(await bench.open());
      const { tree, ana, trash, database, clock } = files;
      const folder = await tree.makeFolder(ana, ROOT_ID, 'Folder');
      await fill(database, folder.id, 1_200);
      const states = async (): Promise<unknown> => database.read('trash').select('state');
      // Another process began it and died: nothing but its first commit is there.
      const begun = dyingBeside(files);
      await begun.tree.remove(ana, folder.id);
      expect(await states()).toEqual([{ state: 'filling' }]);
      await trash.tend();
      expect(await states()).toEqual([{ state: 'kept' }]);
      await begun.trash.restore(ANA, folder.id);
      expect(await states()).toEqual([{ state: 'restoring' }]);
      await trash.tend();
      expect(await namesIn(tree, ana, folder.id)).toHaveLength(1_200);
      await begun.tree.remove(ana, folder.id);
      await trash.tend();
      await begun.trash.erase(ANA, folder.id);
      expect(await states()).toEqual([{ state: 'erasing' }]);
      clock.advance(MINUTE);
      await trash.tend();
      expect(await database.read('items')).toEqual([]);
      expect(await total(files)).toBe(0);
    });
  });
});

describe('a folder with 100 000 entries (F-04, scale.md 2.3)', () => {
  const bench = sqliteBench();

  it('holds the event loop under 50 ms while it goes into the trash, comes back and goes for good', async () => {
    const files = await openFilesBench(await bench.open());
    const best = { removing: Infinity, restoring: Infinity, erasing: Infinity };
    // The whole way each time, as event-loop.spec.ts does: a busy machine may spoil one.
    for (let round = 0; round < 3 && Math.max(...Object.values(best)) >= MOST_HELD; round += 1) {
      const seen = await heldOnItsWay(files);
      for (const way of ['removing', 'restoring', 'erasing'] as const) best[way] = Math.min(best[way], seen[way]);
      expect(await total(files)).toBe(0);
    }
    for (const longest of Object.values(best)) expect(longest).toBeLessThan(MOST_HELD);
  }, 480_000);
});
