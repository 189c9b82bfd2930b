import { describe, expect, it } from 'vitest';
import { addMember, addMount, type Item, type Mount } from '../../src/files/index.js';
import { ROOT_ID, type ItemId } from '../../src/kernel/index.js';
import type { Database } from '../../src/platform/index.js';
import { eachDatabase } from '../support/each-database.js';
import { numbers, plansOf, readsOf } from '../support/plans.js';
import { namesIn, openFilesBench, textContent, textOf, type FilesBench } from './files-bench.js';

/** Ana's `Plans/2026/May/notes`; Bo is a member of `2026` and has a mount, both in the folder `Theirs` of his own. */
interface World extends FilesBench {
  readonly plans: Item;
  readonly year: Item;
  readonly notes: Item;
  readonly theirs: Item;
  readonly mount: Mount;
}

eachDatabase((bench) => {
  async function open(): Promise<World> {
    const files = await openFilesBench(await bench.open());
    const { tree, ana, bo, database, abroad } = files;
    const terms = { permission: 'read-write', expiresAt: undefined } as const;
    const plans = await tree.makeFolder(ana, ROOT_ID, 'Plans');
    const year = await tree.makeFolder(ana, plans.id, '2026');
    const may = await tree.makeFolder(ana, year.id, 'May');
    const notes = await tree.create(ana, may.id, 'notes', textContent('mine'));
    const theirs = await tree.makeFolder(bo, ROOT_ID, 'Theirs');
    const member = { folderId: year.id, accountId: bo.accountId, joinedAt: 0, ...terms };
    await database.write((trx) => addMember(trx, member));
    const place = { accountId: bo.accountId, incomingId: 'in', name: 'Abroad', createdAt: 0, ...terms };
    const mount = await database.write((trx) => addMount(trx, { ...place, rootKey: abroad.rootKey }));
    for (const id of [year.id, mount.id]) await tree.move(bo, id, { parentId: theirs.id });
    return { ...files, plans, year, notes, theirs, mount };
  }

  async function statementsOf({ database }: FilesBench, work: () => Promise<unknown>): Promise<number> {
    let count = 0;
    const listen = (): void => void (count += 1);
    database.read.on('query', listen);
    await work();
    database.read.off('query', listen);
    return count;
  }

  describe('a path', () => {
    it('leads to what stands there, from the root and from any folder', async () => {
      const { tree, ana, plans, year, notes } = await open();
      expect(await tree.find(ana, ROOT_ID, ['Plans', '2026', 'May', 'notes'])).toEqual(notes);
      expect(await tree.find(ana, plans.id, ['2026'])).toEqual(await tree.stat(ana, year.id));
      expect(await tree.find(ana, plans.id, [])).toEqual(await tree.stat(ana, plans.id));
    });

    it('leads nowhere through what is not there, through files, and through what is deleted', async () => {
      const { tree, ana, plans, year } = await open();
      const found = (names: string[], from: ItemId = ROOT_ID) => tree.find(ana, from, names);
      for (const path of [['Plans', '2025'], ['plans'], ['Plans', '2026', 'May', 'notes', 'x'], ['a\0b'], ['2026']]) {
        expect(await found(path), path.join('/')).toBeUndefined();
      }
      expect(await found(new Array<string>(65).fill('Plans'))).toBeUndefined();
      await tree.remove(ana, year.id);
      expect(await found(['Plans', '2026'])).toBeUndefined();
      expect(await found(['May'], year.id)).toBeUndefined();
      expect(await found([], year.id)).toBeUndefined();
      expect(await found(['2026'], plans.id)).toBeUndefined();
    });

    it('costs as many statements however long it is', async () => {
      const world = await open();
      const { tree, ana } = world;
      const short = await statementsOf(world, () => tree.find(ana, ROOT_ID, ['Plans']));
      const long = await statementsOf(world, () => tree.find(ana, ROOT_ID, ['Plans', '2026', 'May', 'notes']));
      expect([short, long]).toEqual([3, 3]);
    });

    it('SCA-25 is followed from name to name along their index, however much its owner has', async () => {
      const { tree, ana, database, plans } = await open();
      await fill(database, ana.accountId, 20_000);
      const asked = readsOf(database);
      expect(await tree.find(ana, ROOT_ID, ['Plans', '2026', 'May', 'notes'])).toBeDefined();
      expect(await tree.find(ana, plans.id, ['2026', 'no such'])).toBeUndefined();
      const paths = asked.filter(({ sql }) => sql.includes('recursive names'));
      expect(paths).toHaveLength(2);
      const seek = /items_live_name \(owner_id=\? AND <expr>=\? AND name=\?\)|Index Cond: \(.*owner_id.*COALESCE.*name/;
      for (const { sql, plan } of await plansOf(database, paths)) expect(plan, sql).toMatch(seek);
    });

    it('leads through folders that members share, where their members have put them', async () => {
      const { tree, bo, notes, year, clock, database } = await open();
      const path = ['Theirs', '2026', 'May', 'notes'];
      expect(await tree.find(bo, ROOT_ID, path)).toMatchObject({ id: notes.id, permission: 'read-write' });
      const member = { folderId: year.id, accountId: bo.accountId, permission: 'read-only', joinedAt: 0 } as const;
      await database.write((trx) => addMember(trx, { ...member, expiresAt: clock.now() }));
      expect(await tree.find(bo, ROOT_ID, path)).toBeUndefined();
    });

    it('leads into another cloud, to the ids that its items have here', async () => {
      const { tree, bo, mount } = await open();
      const folder = await tree.makeFolder(bo, mount.id, 'Abroad');
      const file = await tree.create(bo, folder.id, 'a', textContent('1'));
      expect(await tree.find(bo, ROOT_ID, ['Theirs', 'Abroad', 'Abroad', 'a'])).toEqual(file);
      expect(await tree.find(bo, folder.id, ['a'])).toEqual(file);
      expect(await tree.find(bo, mount.id, ['a'])).toBeUndefined();
    });

    it('G8 leads nobody to what is not theirs to know', async () => {
      const { tree, ana, bo, plans, theirs, mount, grant, year } = await open();
      await expect(tree.find(bo, plans.id, ['2026'])).rejects.toMatchObject({ code: 'not-found' });
      await expect(tree.find(ana, mount.id, [])).rejects.toMatchObject({ code: 'not-found' });
      const guest = grant(year.id);
      expect(await tree.find(guest, year.id, ['May', 'notes'])).toMatchObject({ name: 'notes' });
      await expect(tree.find(guest, ROOT_ID, ['Plans'])).rejects.toMatchObject({ code: 'not-found' });
      // What others share with its owner stands in a shared folder for its owner alone.
      expect(await tree.find(grant(theirs.id), theirs.id, ['Abroad']).catch(() => undefined)).toBeUndefined();
    });
  });

  describe('a file that is put where a name says', () => {
    it('is made, or gets new content, in own and foreign folders alike', async () => {
      const { tree, bo, theirs, mount } = await open();
      for (const { id } of [theirs, mount]) {
        const made = await tree.put(bo, id, 'a', textContent('one'));
        expect(made).toMatchObject({ status: 'NEW', version: 1, parentId: id });
        expect(await tree.put(bo, id, 'a', textContent('two'))).toMatchObject({ id: made.id, version: 2 });
        expect(await textOf(tree.open(bo, made.id))).toBe('two');
      }
    });

    it('takes no name of what others share there, and no bad one', async () => {
      const { tree, bo, theirs } = await open();
      const put = (name: string): Promise<Item> => tree.put(bo, theirs.id, name, textContent('1'));
      await expect(put('2026')).rejects.toMatchObject({ reason: 'name-taken' });
      await expect(put('a/b')).rejects.toMatchObject({ code: 'invalid' });
      expect(await namesIn(tree, bo, theirs.id)).toEqual(['2026', 'Abroad']);
    });

    it('is refused to whoever may only read, and over the quota', async () => {
      const { tree, ana, plans, notes, database, grant } = await open();
      const reader = grant(plans.id, 'read-only');
      await expect(tree.put(reader, plans.id, 'a', textContent('1'))).rejects.toMatchObject({ code: 'forbidden' });
      await database.write((trx) => trx('accounts').where({ id: ana.accountId }).update({ quota: 6 }));
      const put = (text: string): Promise<Item> => tree.put(ana, notes.parentId ?? ROOT_ID, 'notes', textContent(text));
      await expect(put('seven b')).rejects.toMatchObject({ code: 'quota' });
      expect(await put('sixfit')).toMatchObject({ id: notes.id, version: 2 });
    });
  });
});

/** Files at the owner's root. Their keys have no names behind them, which is enough to be found by name. */
async function fill(database: Database, owner: string, count: number): Promise<void> {
  await database.job((trx) =>
    trx.raw(`insert into items (id, owner_id, name, is_folder, status, version, mimetype, modified_at, sort_key)
      ${numbers(count)} select 1000000 + i, '${owner}', 'n ' || i, false, 'NEW', 1, 'text/plain', 0, '1n' || i from n`),
  );
  if (database.engine === 'postgres') await database.job((trx) => trx.raw('analyze'));
}
