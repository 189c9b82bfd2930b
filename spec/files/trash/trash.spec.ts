import { describe, expect, it } from 'vitest';
import { totalOf, type Restoration, type Usage } from '../../../src/files/index.js';
import { DAY, ROOT_ID, type AccountId, type ItemId } from '../../../src/kernel/index.js';
import type { Database } from '../../../src/platform/index.js';
import { eachDatabase } from '../../support/each-database.js';
import {
  addPerson,
  childrenOf,
  namesIn,
  openFilesBench,
  textContent,
  textOf,
  type FilesBench,
} from '../files-bench.js';

const ANA = 'ana' as AccountId;

/** What the figures of a person should be, told from the rows alone. */
async function counted(database: Database, ownerId: AccountId): Promise<Omit<Usage, 'quota' | 'reserved'>> {
  const rows: { id: number; size: number; deleted_at: number | null; content_key: string }[] = await database
    .read('items')
    .where({ owner_id: ownerId });
  const sums = { current: 0, versions: 0, trash: 0 };
  for (const row of rows) {
    const contents: { content_key: string; size: number }[] = await database
      .read('item_versions')
      .where({ item_id: row.id })
      .whereNotNull('content_key')
      .distinct('content_key', 'size');
    const all = contents.reduce((sum, { size }) => sum + size, 0);
    if (row.deleted_at !== null) sums.trash += all;
    else {
      sums.current += row.size;
      sums.versions += all - row.size;
    }
  }
  return sums;
}

async function figures({ trash, database }: FilesBench): Promise<Omit<Usage, 'quota' | 'reserved'>> {
  const { quota: _quota, reserved: _reserved, ...kept } = await trash.usage(ANA);
  expect(kept).toEqual(await counted(database, ANA));
  return kept;
}

function done(restoration: Restoration): Exclude<Restoration, 'under-way'> {
  if (restoration === 'under-way') throw new Error('not done at once');
  return restoration;
}

eachDatabase((bench) => {
  const open = async (overrides = {}): Promise<FilesBench> => openFilesBench(await bench.open(), overrides);

  describe('what a person’s space keeps (F-04)', () => {
    it('counts current files, older versions and trash, in figures that add up', async () => {
      const files = await open();
      const { tree, ana, trash } = files;
      const file = await tree.create(ana, ROOT_ID, 'a', textContent('12345'));
      await tree.replace(ana, file.id, textContent('123'));
      await tree.move(ana, file.id, { name: 'b' });
      expect(await figures(files)).toEqual({ current: 3, versions: 5, trash: 0 });
      await tree.remove(ana, file.id);
      expect(await figures(files)).toEqual({ current: 0, versions: 0, trash: 8 });
      await trash.restore(ANA, file.id);
      expect(await figures(files)).toEqual({ current: 3, versions: 5, trash: 0 });
      await tree.remove(ana, file.id);
      await trash.erase(ANA, file.id);
      expect(await figures(files)).toEqual({ current: 0, versions: 0, trash: 0 });
    });

    it('upload, delete, repeat never keeps more than the quota, and the oldest of the trash goes first', async () => {
      const files = await open();
      const ana = await addPerson(files.database, 'ana-small', 100);
      const { tree, trash, clock } = files;
      for (let round = 0; round < 20; round += 1) {
        clock.advance(1_000);
        const file = await tree.create(ana, ROOT_ID, `file ${String(round)}`, textContent('x'.repeat(30)));
        expect(totalOf(await trash.usage(ana.accountId))).toBeLessThanOrEqual(100);
        await tree.remove(ana, file.id);
      }
      const left = await trash.list(ana.accountId, 100);
      expect(left.map(({ name }) => name)).toEqual(['file 19', 'file 18', 'file 17']);
    });

    it('then the oldest of older versions go, then it refuses; content that fits alone always fits', async () => {
      const files = await open();
      const ana = await addPerson(files.database, 'ana-small', 100);
      const { tree, trash, clock } = files;
      const file = await tree.create(ana, ROOT_ID, 'a', textContent('x'.repeat(20)));
      for (let round = 0; round < 20; round += 1) {
        clock.advance(1_000);
        await tree.replace(ana, file.id, textContent('x'.repeat(20)));
        expect(totalOf(await trash.usage(ana.accountId))).toBeLessThanOrEqual(100);
      }
      const versions = await tree.versions(ana, file.id);
      expect(versions.map(({ version }) => version)).toEqual([21, 20, 19, 18, 17]);
      const gone = await tree.create(ana, ROOT_ID, 'gone', textContent('x'.repeat(20)));
      await tree.remove(ana, gone.id);
      await tree.create(ana, ROOT_ID, 'b', textContent('x'.repeat(20)));
      expect(await trash.list(ana.accountId, 10)).toEqual([]);
      expect((await tree.versions(ana, file.id)).length).toBe(4);
      await tree.replace(ana, file.id, textContent('x'.repeat(80)));
      expect(await trash.usage(ana.accountId)).toEqual({
        reserved: 0,
        current: 100,
        versions: 0,
        trash: 0,
        quota: 100,
      });
      await expect(tree.create(ana, ROOT_ID, 'c', textContent('x'))).rejects.toMatchObject({ code: 'quota' });
      expect(await trash.usage(ana.accountId)).toEqual({
        reserved: 0,
        current: 100,
        versions: 0,
        trash: 0,
        quota: 100,
      });
    });

    it('DOS-04 is within the quota after each of 20 parallel uploads, with trash and versions counted', async () => {
      const files = await open();
      const ana = await addPerson(files.database, 'ana-small', 100);
      const { tree, trash } = files;
      const old = await tree.create(ana, ROOT_ID, 'old', textContent('x'.repeat(60)));
      await tree.remove(ana, old.id);
      const uploads = Array.from({ length: 20 }, async (_, n) => {
        await tree.create(ana, ROOT_ID, String(n), textContent('x'.repeat(10)));
        expect(totalOf(await trash.usage(ana.accountId))).toBeLessThanOrEqual(100);
      });
      const outcomes = await Promise.allSettled(uploads);
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(10);
      expect(await trash.usage(ana.accountId)).toEqual({
        reserved: 0,
        current: 100,
        versions: 0,
        trash: 0,
        quota: 100,
      });
    });

    it('older versions thin out when their time has come, and the figure falls', async () => {
      const files = await open();
      const { tree, ana, trash, clock } = files;
      const file = await tree.create(ana, ROOT_ID, 'a', textContent('1'));
      for (let minute = 0; minute < 30; minute += 1) {
        clock.advance(60_000);
        await tree.replace(ana, file.id, textContent('1'));
      }
      expect(await trash.tend()).toEqual({ expired: 0, versions: 0 });
      clock.advance(2 * DAY);
      expect(await trash.tend()).toMatchObject({ versions: 27 });
      expect(await figures(files)).toEqual({ current: 1, versions: 3, trash: 0 });
      expect(await tree.versions(ana, file.id)).toHaveLength(4);
      expect(await trash.tend()).toMatchObject({ versions: 0 });
    });

    it('older versions of what was in the trash when their time came thin out once it is back (F-04)', async () => {
      const files = await open();
      const { tree, ana, trash, clock } = files;
      const file = await tree.create(ana, ROOT_ID, 'a', textContent('0'));
      for (let save = 1; save <= 9; save += 1) await tree.replace(ana, file.id, textContent(String(save)));
      await tree.remove(ana, file.id);
      clock.advance(2 * DAY);
      await trash.tend();
      expect(await figures(files)).toEqual({ current: 0, versions: 0, trash: 10 });
      await trash.restore(ana.accountId, file.id);
      await trash.tend();
      // Of one hour the newest stays, and the last three.
      expect(await figures(files)).toEqual({ current: 1, versions: 3, trash: 0 });
    });
  });

  describe('the trash (F-04)', () => {
    it('lists one entry for a whole folder: what, where it was, who, when, how much', async () => {
      const { tree, ana, bo, trash, clock, database } = await open();
      const work = await tree.makeFolder(ana, ROOT_ID, 'Work');
      const plans = await tree.makeFolder(ana, work.id, 'Plans');
      await tree.create(ana, plans.id, 'a', textContent('12345'));
      await tree.remove(ana, plans.id);
      expect(await trash.list(ANA, 10)).toEqual([
        {
          id: plans.id,
          name: 'Plans',
          kind: 'folder',
          place: ['Work'],
          deletedBy: 'person:ana',
          deletedAt: clock.now(),
          bytes: 5,
        },
      ]);
      expect(await trash.list(bo.accountId, 10)).toEqual([]);
      await expect(trash.restore(bo.accountId, plans.id)).rejects.toMatchObject({ code: 'not-found' });
      await expect(trash.erase(bo.accountId, plans.id)).rejects.toMatchObject({ code: 'not-found' });
      expect(await database.read('trash')).toHaveLength(1);
    });

    it('brings a folder back whole, to where it was, with what was deleted before still in the trash', async () => {
      const files = await open();
      const { tree, ana, trash, clock } = files;
      const plans = await tree.makeFolder(ana, ROOT_ID, 'Plans');
      const inner = await tree.makeFolder(ana, plans.id, 'Inner');
      const kept = await tree.create(ana, inner.id, 'kept', textContent('kept'));
      const gone = await tree.create(ana, inner.id, 'gone', textContent('gone'));
      await tree.remove(ana, gone.id);
      clock.advance(1_000);
      await tree.remove(ana, plans.id);
      expect(await tree.stat(ana, kept.id)).toMatchObject({ status: 'DELETED', version: 2 });
      const back = done(await trash.restore(ANA, plans.id));
      expect(back).toEqual({ id: plans.id, name: 'Plans', parentId: null, isWhereItWas: true });
      expect(await namesIn(tree, ana, inner.id)).toEqual(['kept']);
      expect(await textOf(tree.open(ana, kept.id))).toBe('kept');
      expect(await tree.stat(ana, kept.id)).toMatchObject({ status: 'NEW', version: 3 });
      expect((await trash.list(ANA, 10)).map(({ name }) => name)).toEqual(['gone']);
      expect(done(await trash.restore(ANA, gone.id))).toMatchObject({ parentId: inner.id, isWhereItWas: true });
      await figures(files);
    });

    it('gives a number on a clash, and falls back to the root when the folder is gone', async () => {
      const files = await open();
      const { tree, ana, trash } = files;
      const plans = await tree.makeFolder(ana, ROOT_ID, 'Plans');
      const first = await tree.create(ana, plans.id, 'a.txt', textContent('one'));
      await tree.remove(ana, first.id);
      await tree.create(ana, plans.id, 'a.txt', textContent('two'));
      expect(done(await trash.restore(ANA, first.id))).toMatchObject({ name: 'a (2).txt', parentId: plans.id });
      await tree.remove(ana, first.id);
      await tree.remove(ana, plans.id);
      await tree.create(ana, ROOT_ID, 'a (2).txt', textContent('three'));
      const back = done(await trash.restore(ANA, first.id));
      expect(back).toEqual({ id: first.id, name: 'a (2) (2).txt', parentId: null, isWhereItWas: false });
      await trash.erase(ANA, plans.id);
      await figures(files);
    });

    it('keeps what was deleted before in a folder that goes for good', async () => {
      const files = await open();
      const { tree, ana, trash } = files;
      const plans = await tree.makeFolder(ana, ROOT_ID, 'Plans');
      const gone = await tree.create(ana, plans.id, 'gone', textContent('gone'));
      await tree.remove(ana, gone.id);
      await tree.remove(ana, plans.id);
      await trash.erase(ANA, plans.id);
      await expect(tree.stat(ana, plans.id)).rejects.toMatchObject({ code: 'not-found' });
      expect(done(await trash.restore(ANA, gone.id))).toMatchObject({ parentId: null, isWhereItWas: false });
      expect(await figures(files)).toEqual({ current: 4, versions: 0, trash: 0 });
    });

    it('goes for good after 30 days, not before, and empties at once when asked', async () => {
      const files = await open();
      const { tree, ana, trash, clock, database } = files;
      const old = await tree.makeFolder(ana, ROOT_ID, 'old');
      await tree.create(ana, old.id, 'a', textContent('a'));
      await tree.remove(ana, old.id);
      clock.advance(30 * DAY - 1);
      expect(await trash.tend()).toMatchObject({ expired: 0 });
      const young = await tree.create(ana, ROOT_ID, 'young', textContent('b'));
      await tree.remove(ana, young.id);
      clock.advance(1);
      expect(await trash.tend()).toMatchObject({ expired: 1 });
      expect((await trash.list(ANA, 10)).map(({ name }) => name)).toEqual(['young']);
      expect(await trash.empty(ANA)).toBe(1);
      for (const table of ['items', 'item_versions', 'trash']) expect(await database.read(table)).toEqual([]);
      await figures(files);
    });

    it('takes every lock with it when it goes for good, those of desktops too', async () => {
      const { tree, ana, trash, locks, database, clock } = await open();
      const file = await tree.create(ana, ROOT_ID, 'open', textContent('a'));
      const plans = await tree.makeFolder(ana, ROOT_ID, 'Plans');
      await locks.take(ana, plans.id, { isShared: false, isDeep: true, name: 'Ana', note: '' });
      const taken = { is_open: true, minutes: 30, touched_at: clock.now(), datetime: '2026-11-30 12:00:00' };
      const by = { actor: 'person:ana', home: null, user_name: 'Ana', cloud: 'Alder', ipserver: 'here' };
      await database.write((trx) => trx('locks').insert({ item_id: file.id, ...by, ...taken }));
      await trash.eraseTree(ANA);
      for (const table of ['items', 'locks']) expect(await database.read(table)).toEqual([]);
    });

    it('ends memberships of what is deleted; restoring does not bring them back', async () => {
      const { tree, ana, bo, trash, database, removedFolders, clock } = await open();
      const plans = await tree.makeFolder(ana, ROOT_ID, 'Plans');
      const member = { folder_id: plans.id, account_id: bo.accountId, permission: 'read-write', name: 'Plans' };
      await database.write((trx) => trx('members').insert({ ...member, joined_at: clock.now() }));
      const inside = await tree.create(bo, plans.id, 'by Bo', textContent('bo'));
      await tree.remove(bo, inside.id);
      expect((await trash.list(ANA, 10))[0]).toMatchObject({ name: 'by Bo', deletedBy: 'person:bo' });
      expect(await trash.list(bo.accountId, 10)).toEqual([]);
      await tree.remove(ana, plans.id);
      expect(removedFolders).toEqual([plans.id]);
      await trash.restore(ANA, plans.id);
      await expect(tree.stat(bo, plans.id)).rejects.toMatchObject({ code: 'not-found' });
      expect(await database.read('members')).toEqual([]);
    });

    it('leaves a bare row, that nobody can find, of a folder to which an ended share refers', async () => {
      const referred: ItemId[] = [];
      const { tree, ana, trash, database } = await open({ onErased: async () => referred });
      const plans = await tree.makeFolder(ana, ROOT_ID, 'Plans');
      await tree.create(ana, plans.id, 'a', textContent('a'));
      referred.push(plans.id);
      await tree.remove(ana, plans.id);
      await trash.erase(ANA, plans.id);
      await expect(tree.stat(ana, plans.id)).rejects.toMatchObject({ code: 'not-found' });
      expect(await childrenOf(tree.list(ana, ROOT_ID, { includeDeleted: true }))).toEqual([]);
      expect(await database.read('items')).toMatchObject([{ name: 'Plans', size: 0 }]);
      expect(await database.read('item_versions')).toEqual([]);
    });
  });
});
