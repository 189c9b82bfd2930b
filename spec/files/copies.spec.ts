import { describe, expect, it } from 'vitest';
import { addMember, addMount, lastChangeIn, Sweeper, type Item } from '../../src/files/index.js';
import { MOST_COPIED } from '../../src/files/local/copying.js';
import { DAY, HOUR, ROOT_ID } from '../../src/kernel/index.js';
import { createLog } from '../../src/platform/index.js';
import { eachDatabase } from '../support/each-database.js';
import { namesIn, openFilesBench, textContent, textOf, type FilesBench } from './files-bench.js';

eachDatabase((bench) => {
  async function open(): Promise<FilesBench & { file: Item }> {
    const files = await openFilesBench(await bench.open());
    const file = await files.tree.create(files.ana, ROOT_ID, 'a', textContent('12345'));
    return { ...files, file };
  }

  /** What nothing names goes to the quarantine and out of it. */
  async function sweep({ database, contents, clock }: FilesBench): Promise<void> {
    const sweeper = new Sweeper({ database, contents, clock, log: createLog('silent') });
    for (const step of [2 * DAY, 8 * DAY, 8 * DAY]) {
      clock.advance(step + HOUR);
      await sweeper.tidy();
    }
  }

  describe('a copied file', () => {
    it('DUR-05 outlives the original, and the original outlives it: deleted, erased and swept', async () => {
      for (const goes of ['original', 'copy'] as const) {
        const files = await open();
        const { tree, trash, ana, file } = files;
        const copy = await tree.copy(ana, file.id, { parentId: ROOT_ID, name: 'b' });
        const [gone, stays] = goes === 'original' ? [file, copy] : [copy, file];
        await tree.remove(ana, gone.id);
        await trash.erase(ana.accountId, gone.id);
        await sweep(files);
        expect(await textOf(tree.open(ana, stays.id)), goes).toBe('12345');
        await tree.remove(ana, stays.id);
        expect((await trash.restore(ana.accountId, stays.id)) as object).toMatchObject({ id: stays.id });
        expect(await textOf(tree.open(ana, stays.id)), goes).toBe('12345');
      }
    });

    it('is stored once, and counts twice against the quota', async () => {
      const { tree, trash, ana, file, database } = await open();
      const keys = () => database.read('item_versions').distinct('content_key').pluck('content_key');
      await tree.copy(ana, file.id, { parentId: ROOT_ID, name: 'b' });
      expect(await keys()).toHaveLength(1);
      expect(await trash.usage(ana.accountId)).toMatchObject({ current: 10 });
      await database.write((trx) => trx('accounts').where({ id: ana.accountId }).update({ quota: 14 }));
      const third = tree.copy(ana, file.id, { parentId: ROOT_ID, name: 'c' });
      await expect(third).rejects.toMatchObject({ code: 'quota' });
      expect(await namesIn(tree, ana, ROOT_ID)).toEqual(['a', 'b']);
      expect(await trash.usage(ana.accountId)).toMatchObject({ current: 10 });
    });

    it('is a change of its tree, under one number whatever it holds (DUR-07)', async () => {
      const { tree, ana, database } = await open();
      const folder = await tree.makeFolder(ana, ROOT_ID, 'folder');
      await tree.create(ana, folder.id, 'inside', textContent('1'));
      const newest = async () => database.read('changes').where({ tree: ana.accountId }).max({ at: 'number' }).first();
      const before = (await newest()) as { at: number };
      const copy = await tree.copy(ana, folder.id, { parentId: ROOT_ID, name: 'copy' });
      expect(await newest()).toEqual({ at: before.at + 1 });
      const [note] = await database
        .read('changes')
        .where({ number: before.at + 1 })
        .select('item_id', 'kind');
      expect(note).toMatchObject({ kind: 'made' });
      expect(String((note as { item_id: unknown }).item_id)).toBe(copy.id);
      expect(lastChangeIn).toBeDefined();
    });
  });

  describe('a copied folder', () => {
    it('is whole or not made at all', async () => {
      const { tree, ana, database, trash } = await open();
      const folder = await tree.makeFolder(ana, ROOT_ID, 'folder');
      const sub = await tree.makeFolder(ana, folder.id, 'sub');
      const rows = Array.from({ length: MOST_COPIED }, (_, at) => ({
        id: 1_000_000 + at,
        owner_id: ana.accountId,
        parent_id: sub.id,
        name: `f${String(at)}`,
        is_folder: true,
        status: 'NEW',
        version: 1,
        mimetype: 'inode/directory',
        modified_at: 0,
      }));
      await database.write(async (trx) => {
        for (let at = 0; at < rows.length; at += 50) await trx('items').insert(rows.slice(at, at + 50));
      });
      const before = await trash.usage(ana.accountId);
      await expect(tree.copy(ana, folder.id, { parentId: ROOT_ID, name: 'x' })).rejects.toMatchObject({
        code: 'too-large',
      });
      expect(await namesIn(tree, ana, ROOT_ID)).toEqual(['a', 'folder']);
      expect(await trash.usage(ana.accountId)).toEqual(before);
      const copy = await tree.copy(ana, sub.id, { parentId: ROOT_ID, name: 'y' });
      expect(await namesIn(tree, ana, copy.id)).toHaveLength(MOST_COPIED);
    });

    it('stays within one owner’s files, and is not made in another cloud that cannot', async () => {
      const files = await open();
      const { tree, ana, bo, database, abroad, file } = files;
      const terms = { permission: 'read-write', expiresAt: undefined } as const;
      const shared = await tree.makeFolder(ana, ROOT_ID, 'Shared');
      const letter = await tree.create(ana, shared.id, 'letter', textContent('1'));
      await database.write((trx) =>
        addMember(trx, { folderId: shared.id, accountId: bo.accountId, joinedAt: 0, ...terms }),
      );
      const place = { accountId: bo.accountId, incomingId: 'in', name: 'Abroad', createdAt: 0, ...terms };
      const mount = await database.write((trx) => addMount(trx, { ...place, rootKey: abroad.rootKey }));
      expect(await tree.copy(bo, letter.id, { parentId: shared.id, name: 'b' })).toMatchObject({
        ownerId: ana.accountId,
      });
      for (const parentId of [ROOT_ID, mount.id]) {
        await expect(tree.copy(bo, letter.id, { parentId })).rejects.toMatchObject({ code: 'invalid' });
      }
      await expect(tree.copy(bo, file.id, { parentId: ROOT_ID })).rejects.toMatchObject({ code: 'not-found' });
      const there = await tree.create(bo, mount.id, 'there', textContent('1'));
      expect(await tree.copy(bo, there.id, { parentId: mount.id, name: 'too' })).toMatchObject({ name: 'too' });
    });
  });

  describe('a move that overwrites', () => {
    it('puts what it replaces into the trash, from which it comes back', async () => {
      const { tree, trash, ana, file } = await open();
      const other = await tree.create(ana, ROOT_ID, 'b', textContent('other'));
      await tree.move(ana, file.id, { name: 'b' }, { overwrite: true });
      expect(await namesIn(tree, ana, ROOT_ID)).toEqual(['b']);
      expect(await trash.usage(ana.accountId)).toMatchObject({ current: 5, trash: 5 });
      expect(await trash.restore(ana.accountId, other.id)).toMatchObject({ id: other.id, name: 'b (2)' });
      expect(await textOf(tree.open(ana, other.id))).toBe('other');
    });

    it('ends the shares of the folder that it replaces, and leaves what others share alone', async () => {
      const { tree, ana, file, removedFolders, database, abroad } = await open();
      const folder = await tree.makeFolder(ana, ROOT_ID, 'folder');
      await tree.move(ana, file.id, { name: 'folder' }, { overwrite: true });
      expect(removedFolders).toEqual([folder.id]);
      const terms = { permission: 'read-write', expiresAt: undefined, createdAt: 0 } as const;
      const place = { accountId: ana.accountId, incomingId: 'in', name: 'Abroad', rootKey: abroad.rootKey };
      await database.write((trx) => addMount(trx, { ...place, ...terms }));
      const move = tree.move(ana, file.id, { name: 'Abroad' }, { overwrite: true });
      await expect(move).rejects.toMatchObject({ reason: 'name-taken' });
    });
  });
});
