import { describe, expect, it } from 'vitest';
import {
  addMember,
  addMount,
  changeMember,
  changesSince,
  cursorOf,
  lastChangeIn,
  markMount,
  removeMember,
  removeMount,
  removeOverMembers,
  type TreeChange,
} from '../../../src/files/index.js';
import { DAY, ROOT_ID, type AccountId, type ItemId, type PersonPrincipal } from '../../../src/kernel/index.js';
import { eachDatabase } from '../../support/each-database.js';
import { openFilesBench, textContent, type FilesBench } from '../files-bench.js';

/** What happened in somebody's tree since the last time that this was asked, and how it stands now. */
function follower({ database }: FilesBench, { accountId }: PersonPrincipal, topId: ItemId | null = null) {
  const scope = { ownerId: accountId, topId };
  let cursor: string | undefined;
  return async (): Promise<readonly TreeChange[]> => {
    cursor ??= await cursorOf(database.read, accountId);
    const since = await changesSince(database.read, scope, cursor, 100);
    if (since.outcome === 'too-old') throw new Error('too old');
    cursor = since.cursor;
    return since.changes;
  };
}

/** A change in few words: kind, item, and the folders around it. */
function said(changes: readonly TreeChange[]): string[] {
  return changes.map(({ kind, itemId, above }) => [kind, itemId, ...above].join(' '));
}

eachDatabase((bench) => {
  const open = async () => {
    const files = await openFilesBench(await bench.open());
    const { tree, ana } = files;
    const outer = await tree.makeFolder(ana, ROOT_ID, 'Outer');
    const inner = await tree.makeFolder(ana, outer.id, 'Inner');
    const other = await tree.makeFolder(ana, ROOT_ID, 'Other');
    const news = follower(files, ana);
    await news();
    const numbers = async (): Promise<number[]> =>
      Promise.all(
        [null, outer.id, inner.id, other.id].map((topId) =>
          lastChangeIn(files.database.read, { ownerId: ana.accountId, topId }),
        ),
      );
    return { ...files, outer: outer.id, inner: inner.id, other: other.id, news, numbers };
  };

  describe('each change of a tree', () => {
    it('is noted with the folders around it, whose numbers climb up to the root, and no other’s', async () => {
      const { tree, ana, outer, inner, other, news, numbers } = await open();
      const made = await tree.create(ana, inner, 'a', textContent('1'));
      expect(said(await news())).toEqual([`made ${made.id} ${inner} ${outer}`]);
      expect(await numbers()).toEqual([4, 4, 4, 0]);
      await tree.replace(ana, made.id, textContent('2'));
      await tree.move(ana, made.id, { parentId: other });
      await tree.restoreVersion(ana, made.id, 1);
      await tree.remove(ana, made.id);
      expect(said(await news())).toEqual([
        `changed ${made.id} ${inner} ${outer}`,
        `moved ${made.id} ${other} ${inner} ${outer}`,
        `changed ${made.id} ${other}`,
        `removed ${made.id} ${other}`,
      ]);
      expect(await numbers()).toEqual([8, 6, 6, 8]);
    });

    it('of a folder is a change at it, too', async () => {
      const { tree, ana, outer, inner, other, news, numbers } = await open();
      await tree.move(ana, inner, { name: 'Core' });
      expect(await numbers()).toEqual([4, 4, 4, 0]);
      await tree.move(ana, inner, { parentId: other });
      expect(said(await news())).toEqual([`moved ${inner} ${outer}`, `moved ${inner} ${other} ${outer}`]);
      expect(await numbers()).toEqual([5, 5, 5, 5]);
    });

    it('is none when it was refused, or did not come to its end: numbers have no gap', async () => {
      const { tree, ana, database, outer, inner, news } = await open();
      await expect(tree.makeFolder(ana, outer, 'Inner')).rejects.toThrow();
      const broken = database.write(async (trx) => {
        await removeMember(trx, outer, ana.accountId, 0);
        await addMember(trx, {
          folderId: inner,
          accountId: ana.accountId,
          permission: 'read-only',
          joinedAt: 0,
          expiresAt: undefined,
        });
        throw new Error('changed my mind');
      });
      await expect(broken).rejects.toThrow('changed my mind');
      expect(await news()).toEqual([]);
      await tree.makeFolder(ana, inner, 'Core');
      expect((await news()).map(({ number }) => number)).toEqual([4]);
    });

    it('that takes a folder away or brings it back is one, whatever lies in it; who knew it looks again', async () => {
      const { tree, trash, ana, outer, inner, news, numbers } = await open();
      const file = await tree.create(ana, inner, 'a', textContent('1'));
      await tree.remove(ana, outer);
      await news();
      const before = await numbers();
      await trash.restore(ana.accountId, outer);
      expect(new Set(said(await news()))).toEqual(new Set([`restored ${outer}`]));
      const [, ofOuter = 0, ofInner = 0] = await numbers();
      expect(ofOuter).toBeGreaterThan(before[1] ?? 0);
      expect(ofInner).toBeGreaterThan(before[2] ?? 0);
      await tree.remove(ana, file.id);
      expect(said(await news())).toEqual([`removed ${file.id} ${inner} ${outer}`]);
    });

    it('of what others share stands in the tree in which they stand, not in that of who shares', async () => {
      const { tree, ana, bo, database, clock, outer, news, ...files } = await open();
      const home = await tree.makeFolder(bo, ROOT_ID, 'Home');
      const newsOfBo = follower({ ...files, tree, ana, bo, database, clock }, bo);
      await newsOfBo();
      const member = { folderId: outer, accountId: bo.accountId };
      const terms = { permission: 'read-only' as const, expiresAt: undefined, joinedAt: clock.now() };
      await database.write((trx) => addMember(trx, { ...member, ...terms }));
      await tree.move(bo, outer, { parentId: home.id });
      await database.write((trx) =>
        changeMember(trx, outer, bo.accountId, { expiresAt: clock.now() + DAY, now: clock.now() }),
      );
      expect(said(await newsOfBo())).toEqual([
        `made ${outer}`,
        `moved ${outer} ${home.id}`,
        `changed ${outer} ${home.id}`,
      ]);
      clock.advance(DAY);
      await removeOverMembers(database, clock.now());
      await database.write((trx) => addMember(trx, { ...member, ...terms }));
      await tree.move(bo, outer, { parentId: home.id });
      await tree.remove(bo, home.id);
      expect(said(await newsOfBo())).toEqual([
        `removed ${outer} ${home.id}`,
        `made ${outer}`,
        `moved ${outer} ${home.id}`,
        `removed ${home.id}`,
        `moved ${outer} ${home.id}`,
      ]);
      expect(await news()).toEqual([]);
      await tree.remove(ana, outer);
      expect(said(await newsOfBo())).toEqual([`removed ${outer}`]);
    });

    it('of a mount is told from its beginning to its end, and what the other cloud says of it', async () => {
      const { tree, bo, database, clock, abroad, ...files } = await open();
      const newsOfBo = follower({ ...files, tree, bo, database, clock, abroad }, bo);
      await newsOfBo();
      const mount = await database.write((trx) =>
        addMount(trx, {
          accountId: bo.accountId,
          incomingId: 'one',
          name: 'Abroad',
          permission: 'read-write' as const,
          rootKey: abroad.rootKey,
          expiresAt: undefined,
          createdAt: clock.now(),
        }),
      );
      await tree.list(bo, mount.id);
      await newsOfBo();
      await tree.list(bo, mount.id);
      expect(await newsOfBo()).toEqual([]);
      clock.advance(1000);
      await abroad.makeFolder(abroad.rootKey, 'new');
      await database.write((trx) => markMount(trx, 'one', { refused: true, now: clock.now() }));
      await database.write((trx) => markMount(trx, 'one', { refused: true, now: clock.now() }));
      await database.write((trx) => removeMount(trx, 'one', clock.now()));
      expect(said(await newsOfBo())).toEqual([`changed ${mount.id}`, `removed ${mount.id}`]);
    });

    it('AUT-06 is told to those with whom a folder is shared as far as it lies in that folder', async () => {
      const { tree, ana, outer, inner, other, ...files } = await open();
      const news = follower({ ...files, tree, ana }, ana, inner);
      await news();
      const file = await tree.create(ana, inner, 'a', textContent('1'));
      await tree.makeFolder(ana, outer, 'elsewhere');
      await tree.move(ana, file.id, { parentId: other });
      await tree.remove(ana, file.id);
      expect((await news()).map(({ kind, itemId }) => [kind, itemId])).toEqual([
        ['made', file.id],
        ['moved', file.id],
      ]);
    });
  });

  describe('a cursor', () => {
    it('goes on page by page, from wherever it stands', async () => {
      const { tree, ana, database, inner } = await open();
      let cursor = await cursorOf(database.read, 'bo' as AccountId);
      const empty = await changesSince(database.read, { ownerId: 'bo' as AccountId, topId: null }, cursor, 5);
      expect(empty).toEqual({ outcome: 'changes', changes: [], cursor, hasMore: false });
      cursor = await cursorOf(database.read, ana.accountId);
      for (const name of ['a', 'b', 'c', 'd', 'e']) await tree.makeFolder(ana, inner, name);
      const pages: unknown[] = [];
      for (let hasMore = true; hasMore;) {
        const since = await changesSince(database.read, { ownerId: ana.accountId, topId: null }, cursor, 2);
        if (since.outcome === 'too-old') throw new Error('too old');
        ({ cursor, hasMore } = since);
        pages.push(since.changes.map(({ number }) => number));
      }
      expect(pages).toEqual([[4, 5], [6, 7], [8]]);
    });

    it('from before a tree had any change tells all of them', async () => {
      const files = await openFilesBench(await bench.open());
      const { tree, ana, database } = files;
      const cursor = await cursorOf(database.read, ana.accountId);
      await tree.makeFolder(ana, ROOT_ID, 'first');
      const since = await changesSince(database.read, { ownerId: ana.accountId, topId: null }, cursor, 10);
      expect(since).toMatchObject({ changes: [{ number: 1, kind: 'made' }], hasMore: false });
    });

    it('is too old when it is of another tree, of the future, or no cursor at all', async () => {
      const { tree, ana, bo, database } = await open();
      await tree.makeFolder(bo, ROOT_ID, 'his');
      const scope = { ownerId: ana.accountId, topId: null };
      const good = await cursorOf(database.read, ana.accountId);
      const [, mark = ''] = good.split(':');
      const bad = [
        await cursorOf(database.read, bo.accountId),
        `99:${mark}`,
        `0:${mark}`,
        `2:${mark}`,
        '',
        'x',
        '3',
        `-1:${mark}`,
      ];
      for (const cursor of bad) {
        expect([cursor, await changesSince(database.read, scope, cursor, 10)]).toEqual([
          cursor,
          { outcome: 'too-old' },
        ]);
      }
    });

    it('is too old in a database that was restored from a backup, also when that has as many changes again', async () => {
      const { tree, ana, database, other } = await open();
      const scope = { ownerId: ana.accountId, topId: null };
      const kept = await cursorOf(database.read, ana.accountId);
      const { id } = await tree.makeFolder(ana, other, 'after the backup');
      const lost = await cursorOf(database.read, ana.accountId);
      await database.write(async (trx) => {
        await trx('item_versions').where({ item_id: id }).delete();
        await trx('items').where({ id }).delete();
        await trx('changes').where({ item_id: id }).delete();
      });
      expect(await changesSince(database.read, scope, lost, 10)).toEqual({ outcome: 'too-old' });
      await tree.makeFolder(ana, other, 'another life');
      await tree.makeFolder(ana, other, 'goes on');
      expect(await changesSince(database.read, scope, lost, 10)).toEqual({ outcome: 'too-old' });
      expect(await changesSince(database.read, scope, kept, 10)).toMatchObject({
        changes: [{ number: 4 }, { number: 5 }],
      });
    });
  });
});
