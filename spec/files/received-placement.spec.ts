import { describe, expect, it } from 'vitest';
import { addMember, addMount, type Mount } from '../../src/files/index.js';
import { ROOT_ID, type ItemId } from '../../src/kernel/index.js';
import { codeOf } from '../contracts/file-space/harness.js';
import { eachDatabase } from '../support/each-database.js';
import { namesIn, openFilesBench, textContent, type FilesBench } from './files-bench.js';

/** Bo, with a folder of another cloud, one that Ana shares with him to read, and two folders of his own. */
async function openGuests(files: FilesBench) {
  const { tree, ana, bo, database, clock } = files;
  const shared = await tree.makeFolder(ana, ROOT_ID, 'Plans');
  await tree.makeFolder(ana, shared.id, 'Inside');
  await database.write((trx) =>
    addMember(trx, {
      folderId: shared.id,
      accountId: bo.accountId,
      permission: 'read-only' as const,
      joinedAt: clock.now(),
      expiresAt: undefined,
    }),
  );
  const mount: Mount = await database.write((trx) =>
    addMount(trx, {
      accountId: bo.accountId,
      incomingId: 'of-bo',
      name: 'Abroad',
      permission: 'read-only' as const,
      rootKey: files.abroad.rootKey,
      expiresAt: undefined,
      createdAt: clock.now(),
    }),
  );
  const work = await tree.makeFolder(bo, ROOT_ID, 'Work');
  const deep = await tree.makeFolder(bo, work.id, 'Deep');
  return { ...files, mount: mount.id, member: shared.id, work: work.id, deep: deep.id };
}

eachDatabase((bench) => {
  const open = async () => openGuests(await openFilesBench(await bench.open()));

  describe('what others share with a person', () => {
    it.each(['mount', 'member'] as const)(
      'is renamed and moved among their own folders, and whoever shares it is not told (%s)',
      async (kind) => {
        const { tree, ana, bo, abroad, ...ids } = await open();
        const id = ids[kind];
        const before = await abroad.stat(abroad.rootKey);
        expect(await tree.move(bo, id, { name: 'Mine' })).toMatchObject({ id, name: 'Mine', parentId: null });
        expect(await tree.move(bo, id, { parentId: ids.deep })).toMatchObject({ id, name: 'Mine', parentId: ids.deep });
        expect(await namesIn(tree, bo, ids.deep)).toEqual(['Mine']);
        expect(await namesIn(tree, bo, ROOT_ID)).not.toContain('Mine');
        expect(await tree.stat(bo, id)).toMatchObject({ name: 'Mine', parentId: ids.deep, isShareTop: true });
        expect((await tree.list(bo, id)).folder).toMatchObject({ name: 'Mine', parentId: ids.deep });
        expect(await namesIn(tree, ana, ROOT_ID)).toEqual(['Plans']);
        expect(await abroad.stat(abroad.rootKey)).toEqual(before);
        expect(await tree.move(bo, id, { parentId: ROOT_ID, name: 'Home' })).toMatchObject({ parentId: null });
        expect(await namesIn(tree, bo, ROOT_ID)).toContain('Home');
      },
    );

    it('goes with the folder in which it stands, and back to the root when that is deleted', async () => {
      const { tree, bo, mount, member, work, deep } = await open();
      const other = await tree.makeFolder(bo, ROOT_ID, 'Other');
      await tree.move(bo, mount, { parentId: deep });
      await tree.move(bo, member, { parentId: deep });
      await tree.move(bo, deep, { parentId: other.id });
      expect(await namesIn(tree, bo, deep)).toEqual(expect.arrayContaining(['Abroad', 'Plans']));
      await tree.makeFolder(bo, ROOT_ID, 'Abroad');
      await tree.remove(bo, other.id);
      expect(new Set(await namesIn(tree, bo, ROOT_ID))).toEqual(new Set(['Work', 'Abroad', 'Abroad (2)', 'Plans']));
      expect(await tree.stat(bo, mount)).toMatchObject({ parentId: null });
      expect(work).not.toBe(other.id);
    });

    it('never stands under a name that is taken there, and its name is taken for others', async () => {
      const { tree, bo, mount, member, work } = await open();
      await tree.makeFolder(bo, work, 'Abroad');
      expect(await codeOf(tree.move(bo, mount, { parentId: work }))).toBe('invalid');
      expect(await codeOf(tree.move(bo, mount, { name: 'Plans' }))).toBe('invalid');
      await tree.move(bo, mount, { parentId: work, name: 'Guest' });
      expect(await codeOf(tree.move(bo, member, { parentId: work, name: 'Guest' }))).toBe('invalid');
      expect(await codeOf(tree.makeFolder(bo, work, 'Guest'))).toBe('invalid');
      expect(await codeOf(tree.create(bo, work, 'Guest', textContent('1')))).toBe('invalid');
      expect(await tree.makeFolder(bo, ROOT_ID, 'Guest')).toMatchObject({ name: 'Guest' });
    });

    it('stands in nobody else’s folder, and in none that is not there', async () => {
      const { tree, ana, bo, mount, member } = await open();
      const [inside] = [await tree.makeFolder(bo, ROOT_ID, 'File holder')];
      const file = await tree.create(bo, inside.id, 'file', textContent('1'));
      const hers = await tree.makeFolder(ana, ROOT_ID, 'Hers');
      const gone = await tree.makeFolder(bo, ROOT_ID, 'Gone');
      await tree.remove(bo, gone.id);
      for (const parentId of [member, hers.id, file.id, gone.id, '999999' as ItemId, mount]) {
        expect([parentId, await codeOf(tree.move(bo, mount, { parentId }))]).toEqual([parentId, 'invalid']);
      }
      expect(await tree.stat(bo, mount)).toMatchObject({ parentId: null });
    });

    it('AUT-09 shows to nobody with whom its folder is shared, and its name is no news to them', async () => {
      const { tree, ana, bo, database, clock, mount, work } = await open();
      await tree.move(bo, mount, { parentId: work });
      await database.write((trx) =>
        addMember(trx, {
          folderId: work,
          accountId: ana.accountId,
          permission: 'read-write' as const,
          joinedAt: clock.now(),
          expiresAt: undefined,
        }),
      );
      expect(await namesIn(tree, ana, work)).toEqual(['Deep']);
      expect(await codeOf(tree.stat(ana, mount))).toBe('not-found');
      expect(await tree.makeFolder(ana, work, 'Abroad')).toMatchObject({ name: 'Abroad' });
    });

    it('PTH-06 is fixed for whoever has a key to it alone', async () => {
      const { tree, ana, bo, grant, member, mount } = await open();
      expect(ana.accountId).not.toBe(bo.accountId);
      expect(await codeOf(tree.move(grant(member), member, { name: 'Other' }))).toBe('forbidden');
      const app = { kind: 'mount', accountId: bo.accountId, mountId: mount } as const;
      expect(await codeOf(tree.move(app, mount, { name: 'Other' }))).toBe('forbidden');
      expect(await codeOf(tree.remove(bo, mount))).toBe('forbidden');
    });
  });
});
