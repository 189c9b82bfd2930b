import { describe, expect, it } from 'vitest';
import type { Item } from '../../../src/files/index.js';
import { MINUTE, ROOT_ID, type ItemId, type Principal } from '../../../src/kernel/index.js';
import { eachDatabase } from '../../support/each-database.js';
import { childrenOf, openFilesBench, textContent, textOf, type FilesBench } from '../files-bench.js';

/** Ana's shared folder, as a grant and a member see it; every step of a story is a minute after the one before. */
interface Story extends FilesBench {
  readonly shared: Item;
  readonly outsiders: readonly Principal[];
  make(parentId: ItemId, name: string, ...texts: string[]): Promise<Item>;
  folder(parentId: ItemId, name: string): Promise<Item>;
  move(item: Item, parentId: ItemId): Promise<void>;
  remove(item: Item): Promise<void>;
  write(item: Item, words: string): Promise<void>;
  /** The words of every version that an outsider can list, newest first; every other version must not open. */
  told(item: Item): Promise<string[]>;
}

eachDatabase((bench) => {
  async function open(): Promise<Story> {
    const files = await openFilesBench(await bench.open());
    const { tree, ana, bo, clock, database } = files;
    const later = (): void => clock.advance(MINUTE);
    const folder = async (parentId: ItemId, name: string): Promise<Item> => (
      later(),
      tree.makeFolder(ana, parentId, name)
    );
    const shared = await folder(ROOT_ID, 'Shared');
    const member = { folder_id: shared.id, account_id: bo.accountId, permission: 'read-write', name: 'Shared' };
    await database.write((trx) => trx('members').insert({ ...member, joined_at: clock.now() }));
    const outsiders: Principal[] = [files.grant(shared.id), bo];
    const write = async (item: Item, words: string): Promise<void> => {
      later();
      await tree.replace(ana, item.id, textContent(words));
    };
    const seenBy = async (principal: Principal, item: Item): Promise<string[]> => {
      const listed = await tree.versions(principal, item.id);
      const all = await tree.versions(ana, item.id);
      for (const { version } of all.filter((each) => !listed.some((seen) => seen.version === each.version))) {
        await expect(tree.open(principal, item.id, { version })).rejects.toMatchObject({ code: 'not-found' });
        await expect(tree.version(principal, item.id, version)).rejects.toMatchObject({ code: 'not-found' });
        const restoring = tree.restoreVersion(principal, item.id, version);
        await expect(restoring).rejects.toMatchObject({ code: 'not-found' });
      }
      return Promise.all(listed.map(({ version }) => textOf(tree.open(principal, item.id, { version }))));
    };
    return {
      ...files,
      shared,
      outsiders,
      folder,
      write,
      async make(parentId, name, ...texts) {
        later();
        const [first = '', ...more] = texts;
        const file = await tree.create(ana, parentId, name, textContent(first));
        for (const words of more) await write(file, words);
        return file;
      },
      async move(item, parentId) {
        later();
        await tree.move(ana, item.id, { parentId });
      },
      async remove(item) {
        later();
        await tree.remove(ana, item.id);
      },
      async told(item) {
        const [one = [], other] = await Promise.all(outsiders.map((principal) => seenBy(principal, item)));
        expect(other).toEqual(one);
        return one;
      },
    };
  }

  describe('a grant and a member see what was current when it came, and what followed (AUT-11, F-07)', () => {
    it('a file that is moved in', async () => {
      const { make, move, write, told, shared, tree, ana, outsiders } = await open();
      const file = await make(ROOT_ID, 'salaries', 'secret one', 'secret two', 'fit for all');
      await tree.move(ana, file.id, { name: 'public' });
      await move(file, shared.id);
      expect(await told(file)).toEqual(['fit for all']);
      await write(file, 'news');
      expect(await told(file)).toEqual(['news', 'fit for all']);
      for (const outsider of outsiders) {
        const names = (await tree.versions(outsider, file.id)).map(({ name }) => name);
        expect(new Set(names)).toEqual(new Set(['public']));
      }
      expect(await tree.versions(ana, file.id)).toHaveLength(6);
    });

    it('a folder that is moved in with everything in it', async () => {
      const { folder, make, move, write, told, shared } = await open();
      const outer = await folder(ROOT_ID, 'Outer');
      const inner = await folder(outer.id, 'Inner');
      const file = await make(inner.id, 'a', 'secret', 'current');
      await move(outer, shared.id);
      expect(await told(file)).toEqual(['current']);
      await write(file, 'news');
      expect(await told(file)).toEqual(['news', 'current']);
    });

    it('what is moved about inside keeps its history, and nothing from before', async () => {
      const { folder, make, move, write, told, shared } = await open();
      const [one, two] = [await folder(shared.id, 'One'), await folder(ROOT_ID, 'Two')];
      const own = await make(one.id, 'own', 'first', 'second');
      const came = await make(two.id, 'came', 'secret', 'current');
      await move(two, shared.id);
      await write(came, 'news');
      await move(came, one.id);
      await move(own, two.id);
      await move(own, one.id);
      expect(await told(came)).toEqual(['news', 'news', 'current']);
      expect(await told(own)).toEqual(['second', 'second', 'second', 'first']);
    });

    it('what was taken out and put back in', async () => {
      const { make, move, write, told, shared } = await open();
      const file = await make(shared.id, 'a', 'before');
      await write(file, 'shown');
      expect(await told(file)).toEqual(['shown', 'before']);
      await move(file, ROOT_ID);
      await write(file, 'secret');
      await write(file, 'current');
      await move(file, shared.id);
      expect(await told(file)).toEqual(['current']);
    });

    it('nothing that was deleted before it came, however it is asked for', async () => {
      const { folder, make, move, remove, shared, tree, outsiders, ana } = await open();
      const outer = await folder(ROOT_ID, 'Outer');
      const before = await make(outer.id, 'before', 'secret');
      await remove(before);
      await move(outer, shared.id);
      const after = await make(outer.id, 'after', 'known');
      await remove(after);
      for (const outsider of outsiders) {
        const all = await childrenOf(tree.list(outsider, outer.id, { includeDeleted: true }));
        expect(all.map(({ name }) => name)).toEqual(['after']);
        await expect(tree.stat(outsider, before.id)).rejects.toMatchObject({ code: 'not-found' });
        await expect(tree.versions(outsider, before.id)).rejects.toMatchObject({ code: 'not-found' });
        expect(await tree.stat(outsider, after.id)).toMatchObject({ status: 'DELETED' });
      }
      expect(await childrenOf(tree.list(ana, outer.id, { includeDeleted: true }))).toHaveLength(2);
    });
  });

  describe('an older version becomes the current one again', () => {
    it('as a new version, by whoever may write', async () => {
      const { make, tree, ana, outsiders, shared, told } = await open();
      const file = await make(shared.id, 'a', 'one', 'two');
      for (const principal of [ana, ...outsiders]) {
        const { version } = await tree.restoreVersion(principal, file.id, 1);
        expect(await textOf(tree.open(principal, file.id))).toBe('one');
        await tree.restoreVersion(principal, file.id, 2);
        expect(version).toBeGreaterThan(2);
      }
      expect(await told(file)).toEqual(['two', 'one', 'two', 'one', 'two', 'one', 'two', 'one']);
      await expect(tree.restoreVersion(ana, file.id, 99)).rejects.toMatchObject({ code: 'not-found' });
    });

    it('not by those who may only read', async () => {
      const { make, tree, ana, grant, shared } = await open();
      const file = await make(shared.id, 'a', 'one', 'two');
      const reader = grant(shared.id, 'read-only');
      await expect(tree.restoreVersion(reader, file.id, 1)).rejects.toMatchObject({ code: 'forbidden' });
      expect(await textOf(tree.open(ana, file.id))).toBe('two');
    });
  });
});
