import { describe, expect, it } from 'vitest';
import {
  addMount,
  changeMount,
  listingGivenUp,
  mountByIncoming,
  MemorySpace,
  removeMount,
  type Listing,
  type ListOptions,
  type Mount,
  type NewMount,
  type Unusable,
} from '../../src/files/index.js';
import { DAY, Failure, HOUR, ROOT_ID, type MountPrincipal, type PersonPrincipal } from '../../src/kernel/index.js';
import type { Database } from '../../src/platform/index.js';
import { codeOf } from '../contracts/file-space/harness.js';
import { eachDatabase } from '../support/each-database.js';
import { createHandClock, createSeededRandom } from '../support/seeds.js';
import { childrenOf, namesIn, openFilesBench, textContent, textOf, type FilesBench } from './files-bench.js';

async function mountFor(files: FilesBench, person: PersonPrincipal, wanted: Partial<NewMount> = {}): Promise<Mount> {
  const usual = { incomingId: `incoming-of-${person.accountId}`, name: 'Abroad', permission: 'read-write' } as const;
  const place = { accountId: person.accountId, rootKey: files.abroad.rootKey };
  const dates = { expiresAt: undefined, createdAt: files.clock.now() };
  return files.database.write((trx) => addMount(trx, { ...usual, ...place, ...dates, ...wanted }));
}

/** A database that counts the transactions that write. */
function counting(database: Database): { database: Database; writes: () => number } {
  let count = 0;
  const write: Database['write'] = (work) => {
    count += 1;
    return database.write(work);
  };
  return { database: { ...database, write }, writes: () => count };
}

/** A cloud whose listings lose entries, or are refused. */
class LossySpace extends MemorySpace {
  lost: Unusable = {};
  refusal: Failure | undefined = undefined;

  override async list(key: string, options?: ListOptions): Promise<Listing> {
    if (this.refusal !== undefined) throw this.refusal;
    return { ...(await super.list(key, options)), unusable: this.lost };
  }
}

eachDatabase((bench) => {
  const open = async (): Promise<FilesBench> => openFilesBench(await bench.open());

  describe('a mount', () => {
    it('stands in the root as an ordinary folder with a local id', async () => {
      const files = await open();
      const mount = await mountFor(files, files.bo);
      const top = { id: mount.id, parentId: null, name: 'Abroad', kind: 'folder', place: 'mount', isShareTop: true };
      const [listed] = await childrenOf(files.tree.list(files.bo, ROOT_ID));
      expect(listed).toMatchObject({
        ...top,
        permission: 'read-write',
        incomingId: 'incoming-of-bo',
        ownerId: undefined,
      });
      expect(await files.tree.stat(files.bo, mount.id)).toEqual(listed);
      expect((await files.tree.list(files.bo, mount.id)).folder).toMatchObject(top);
    });

    it('keeps the version that the other cloud says, however great (F-68)', async () => {
      const files = await open();
      const top = {
        kind: 'folder',
        status: 'NEW',
        size: 0,
        checksum: 0,
        mimetype: 'inode/directory',
        etag: '',
      } as const;
      const mount = await mountFor(files, files.bo, { top: { ...top, version: 2 ** 31, modifiedAt: 1 } });
      expect(await files.tree.stat(files.bo, mount.id)).toMatchObject({ version: 2_147_483_648 });
      const file = await files.tree.create(files.bo, ROOT_ID, 'own', textContent('1'));
      for (const version of [2 ** 31 - 1, 2 ** 31, Number.MAX_SAFE_INTEGER])
        expect(await codeOf(files.tree.open(files.bo, file.id, { version }))).toBe('not-found');
    });

    it.each(['AC\\DC', 'é'.repeat(300), 'a\u0000b', '..', ''])(
      'stands whatever its cloud calls it: %j (F-11)',
      async (name) => {
        const files = await open();
        const mount = await mountFor(files, files.bo, { name });
        expect(await namesIn(files.tree, files.bo, ROOT_ID)).toContain(mount.name);
        expect(Buffer.byteLength(mount.name)).toBeLessThanOrEqual(255);
      },
    );

    it('AUT-10 can be given to an app alone: the app reaches what is mounted there, and nothing else', async () => {
      const files = await open();
      const mount = await mountFor(files, files.bo);
      const other = await mountFor(files, files.bo, { incomingId: 'another' });
      const file = await files.tree.create(files.bo, mount.id, 'a', textContent('1'));
      const own = await files.tree.makeFolder(files.bo, ROOT_ID, 'Own');
      const app: MountPrincipal = { kind: 'mount', accountId: files.bo.accountId, mountId: mount.id };
      expect(await textOf(files.tree.open(app, file.id))).toBe('1');
      expect(await namesIn(files.tree, app, mount.id)).toEqual(['a']);
      expect(await files.tree.replace(app, file.id, textContent('22'))).toMatchObject({ version: 2 });
      for (const id of [ROOT_ID, own.id, other.id]) {
        expect(await codeOf(files.tree.stat(app, id))).toBe('not-found');
        expect(await codeOf(files.tree.makeFolder(app, id, 'New'))).toBe('not-found');
        expect(await codeOf(files.tree.move(app, file.id, { parentId: id }))).toBe('not-found');
      }
      expect(await codeOf(files.tree.remove(app, mount.id))).toBe('forbidden');
      const stranger: MountPrincipal = { ...app, accountId: files.ana.accountId };
      expect(await codeOf(files.tree.stat(stranger, mount.id))).toBe('not-found');
      await files.database.write((trx) => removeMount(trx, 'incoming-of-bo', 0));
      expect(await codeOf(files.tree.stat(app, mount.id))).toBe('not-found');
    });

    it('lists, reads and changes what lies in the other cloud under local ids', async () => {
      const files = await open();
      const mount = await mountFor(files, files.bo);
      const folder = await files.tree.makeFolder(files.bo, mount.id, 'Folder');
      const file = await files.tree.create(files.bo, folder.id, 'a', textContent('1'));
      expect(folder).toMatchObject({ parentId: mount.id, isShareTop: false });
      expect(await files.tree.replace(files.bo, file.id, textContent('22'))).toMatchObject({ id: file.id, version: 2 });
      expect(await textOf(files.tree.open(files.bo, file.id))).toBe('22');
      expect(await files.tree.versions(files.bo, file.id)).toMatchObject([
        { id: file.id },
        { id: file.id, version: 1 },
      ]);
      const moved = await files.tree.move(files.bo, file.id, { parentId: mount.id, name: 'b' });
      expect(moved).toMatchObject({ id: file.id, parentId: mount.id, name: 'b' });
      expect(await files.tree.stat(files.bo, file.id)).toEqual(moved);
      expect(await files.tree.remove(files.bo, folder.id)).toMatchObject({ id: folder.id, status: 'DELETED' });
      expect(await namesIn(files.tree, files.bo, mount.id)).toEqual(['b']);
    });

    it('keeps what its last listings lost, folder by folder, at most twenty of them (F-71)', async () => {
      const space = new LossySpace({ clock: createHandClock(), random: createSeededRandom() });
      const { database, writes } = counting(await bench.open());
      const files = await openFilesBench(database, { openMount: async () => space });
      const mount = await mountFor(files, files.bo, { rootKey: space.rootKey });
      const lost = async () => (await mountByIncoming(database.read, mount.incomingId))?.losses ?? [];
      for (let index = 0; index < 22; index += 1) await space.makeFolder(space.rootKey, `Folder ${String(index)}`);
      const below = await childrenOf(files.tree.list(files.bo, mount.id));
      const listEach = async (): Promise<void> => {
        for (const { id } of below) await files.tree.list(files.bo, id);
      };

      space.lost = { name: 1 };
      await listEach();
      expect((await lost()).map(({ name }) => name)).toEqual(below.slice(2).map(({ name }) => name));
      const since = files.clock.now();
      expect((await lost()).at(-1)).toMatchObject({ name: 'Folder 21', since, unusable: { name: 1 }, gaveUp: false });

      const noted = writes();
      files.clock.advance(HOUR);
      await files.tree.list(files.bo, below[21]?.id ?? ROOT_ID);
      expect(writes()).toBe(noted);

      space.lost = { name: 1, id: 2 };
      await files.tree.list(files.bo, below[21]?.id ?? ROOT_ID);
      expect((await lost()).at(-1)).toMatchObject({ since, unusable: { name: 1, id: 2 } });

      space.lost = {};
      await listEach();
      expect(await lost()).toEqual([]);
    });

    it('says that a listing of too much junk was given up, and forgets a folder that is gone (F-71)', async () => {
      const space = new LossySpace({ clock: createHandClock(), random: createSeededRandom() });
      const files = await openFilesBench(await bench.open(), { openMount: async () => space });
      const mount = await mountFor(files, files.bo, { rootKey: space.rootKey });
      const lost = async () => (await mountByIncoming(files.database.read, mount.incomingId))?.losses ?? [];
      space.refusal = listingGivenUp(new Failure('peer-failed', 'junk'), { shape: 1_000 });
      expect(await codeOf(files.tree.list(files.bo, mount.id))).toBe('peer-failed');
      expect(await lost()).toMatchObject([{ key: space.rootKey, unusable: { shape: 1_000 }, gaveUp: true }]);
      space.refusal = new Failure('peer-failed', 'down');
      expect(await codeOf(files.tree.list(files.bo, mount.id))).toBe('peer-failed');
      expect(await lost()).toHaveLength(1);
      space.refusal = new Failure('not-found', 'gone');
      expect(await codeOf(files.tree.list(files.bo, mount.id))).toBe('not-found');
      expect(await lost()).toEqual([]);
    });

    it('PTH-10 never takes a foreign id for a local one, nor for one of another mount', async () => {
      const files = await open();
      await files.tree.makeFolder(files.ana, ROOT_ID, 'first');
      const diary = await files.tree.create(files.ana, ROOT_ID, 'diary', textContent('dear'));
      const mount = await mountFor(files, files.bo);
      // The other cloud gives its keys in the same order as we give our ids: they do collide.
      const keys = await Promise.all(
        Array.from({ length: 8 }, (_, index) =>
          files.abroad.create(files.abroad.rootKey, String(index), textContent('1')),
        ),
      );
      expect(keys.map((node) => node.key)).toContain(diary.id);
      const ids = (await childrenOf(files.tree.list(files.bo, mount.id))).map((item) => item.id);
      expect(ids).not.toContain(diary.id);
      expect(await codeOf(files.tree.open(files.bo, diary.id))).toBe('not-found');
      const other = await mountFor(files, files.ana);
      const others = (await childrenOf(files.tree.list(files.ana, other.id))).map((item) => item.id);
      expect(others.filter((id) => ids.includes(id))).toEqual([]);
      for (const id of ids) expect(await codeOf(files.tree.stat(files.ana, id))).toBe('not-found');
    });

    it('PTH-10 keeps its ids over restarts, and a poll writes nothing', async () => {
      const opened = await bench.open();
      const { database, writes } = counting(opened);
      const files = await openFilesBench(database);
      const mount = await mountFor(files, files.bo);
      await files.abroad.create(files.abroad.rootKey, 'a', textContent('1'));
      const first = await childrenOf(files.tree.list(files.bo, mount.id));
      const before = writes();
      const again = await childrenOf(files.tree.list(files.bo, mount.id));
      expect(again).toEqual(first);
      await childrenOf(files.tree.list(files.bo, ROOT_ID));
      for (const item of first) await files.tree.stat(files.bo, item.id);
      expect(writes()).toBe(before);
    });

    it('AUT-01 of a folder for reading only refuses every change without asking the other cloud', async () => {
      const asked: string[] = [];
      const files = await open();
      const mount = await mountFor(files, files.bo, { permission: 'read-only' });
      const node = await files.abroad.create(files.abroad.rootKey, 'a', textContent('1'));
      const [file] = await childrenOf(files.tree.list(files.bo, mount.id));
      const id = file?.id ?? ROOT_ID;
      for (const method of ['create', 'replace', 'makeFolder', 'move', 'remove'] as const) {
        files.abroad[method] = () => {
          asked.push(method);
          return Promise.resolve(node);
        };
      }
      for (const change of [
        () => files.tree.create(files.bo, mount.id, 'b', textContent('1')),
        () => files.tree.makeFolder(files.bo, mount.id, 'b'),
        () => files.tree.replace(files.bo, id, textContent('2')),
        () => files.tree.move(files.bo, id, { name: 'b' }),
        () => files.tree.remove(files.bo, id),
      ]) {
        expect(await codeOf(change())).toBe('forbidden');
      }
      expect(asked).toEqual([]);
      expect(await textOf(files.tree.open(files.bo, id))).toBe('1');
    });

    it('PTH-06 cannot be deleted by its recipient, and nothing moves across its edge', async () => {
      const files = await open();
      const mount = await mountFor(files, files.bo);
      const inside = await files.tree.create(files.bo, mount.id, 'inside', textContent('1'));
      const own = await files.tree.makeFolder(files.bo, ROOT_ID, 'Own');
      expect(await codeOf(files.tree.remove(files.bo, mount.id))).toBe('forbidden');
      expect(await codeOf(files.tree.move(files.bo, inside.id, { parentId: own.id }))).toBe('invalid');
      expect(await codeOf(files.tree.move(files.bo, own.id, { parentId: mount.id }))).toBe('invalid');
    });

    it('PEER-03 in trouble never makes the root listing fail', async () => {
      const down = new Failure('unavailable', 'The other cloud rests.');
      const files = await openFilesBench(await bench.open());
      const mount = await mountFor(files, files.bo);
      Object.assign(files.abroad, { list: () => Promise.reject(down), stat: () => Promise.reject(down) });
      expect(await namesIn(files.tree, files.bo, ROOT_ID)).toEqual(['Abroad']);
      expect(await files.tree.stat(files.bo, mount.id)).toMatchObject({ name: 'Abroad' });
      expect(await codeOf(files.tree.list(files.bo, mount.id))).toBe('unavailable');
      expect(await namesIn(files.tree, files.bo, ROOT_ID)).toEqual(['Abroad']);
    });

    it('hides refusals that are about our grant, and tells of a dead one', async () => {
      const files = await open();
      const mount = await mountFor(files, files.bo);
      files.abroad.list = () => Promise.reject(new Failure('unauthenticated', 'dead'));
      expect(await codeOf(files.tree.list(files.bo, mount.id))).toBe('not-found');
      expect(files.refused.map(({ id }) => id)).toEqual([mount.id]);
      files.abroad.list = () => Promise.reject(new Failure('forbidden', 'no'));
      expect(await codeOf(files.tree.list(files.bo, mount.id))).toBe('not-found');
      files.abroad.makeFolder = () => Promise.reject(new Failure('forbidden', 'no'));
      expect(await codeOf(files.tree.makeFolder(files.bo, mount.id, 'x'))).toBe('forbidden');
      expect(files.refused).toHaveLength(1);
    });

    it('shows in the root what the other cloud last said of the folder', async () => {
      const files = await open();
      const mount = await mountFor(files, files.bo);
      const { folder, children } = await files.abroad.list(files.abroad.rootKey);
      files.abroad.list = async () => ({ folder: { ...folder, version: 7, status: 'CHANGED' }, children });
      await files.tree.list(files.bo, mount.id);
      expect(await childrenOf(files.tree.list(files.bo, ROOT_ID))).toMatchObject([{ version: 7, status: 'CHANGED' }]);
    });

    it('AUT-04 breaks a download off when it is taken away', async () => {
      const files = await open();
      const mount = await mountFor(files, files.bo);
      const file = await files.tree.create(files.bo, mount.id, 'a', textContent('x'.repeat(200_000)));
      const opened = await files.tree.open(files.bo, file.id);
      if (opened.outcome !== 'content') throw new Error('not modified');
      const broken = new Promise((resolve) => opened.body.once('error', resolve));
      await files.database.write((trx) => removeMount(trx, mount.incomingId, 0));
      expect(await broken).toMatchObject({ code: 'not-found' });
    });
  });

  describe('mounting', () => {
    it('numbers a name that is taken by an own folder or another mount, and tames what a stranger sent', async () => {
      const files = await open();
      await files.tree.makeFolder(files.bo, ROOT_ID, 'Plans');
      const names: string[] = [];
      for (const [index, name] of ['Plans', 'Plans', 'a/b', ''].entries()) {
        names.push((await mountFor(files, files.bo, { incomingId: `in-${String(index)}`, name })).name);
      }
      expect(names).toEqual(['Plans (2)', 'Plans (3)', 'a_b', 'Shared folder']);
      expect(await codeOf(files.tree.makeFolder(files.bo, ROOT_ID, 'a_b'))).toBe('invalid');
    });

    it('numbers names with wildcards and extensions, too', async () => {
      const files = await open();
      const names: string[] = [];
      for (const [index, name] of ['100%.d', '100%.d', '1000.d', '_', '_'].entries()) {
        names.push((await mountFor(files, files.bo, { incomingId: `in-${String(index)}`, name })).name);
      }
      expect(names).toEqual(['100%.d', '100% (2).d', '1000.d', '_', '_ (2)']);
    });

    it('DLV-02 happens once per incoming share', async () => {
      const files = await open();
      const mount = await mountFor(files, files.bo);
      expect(await mountFor(files, files.bo, { name: 'Other' })).toEqual(mount);
    });

    it('is changed and undone by its incoming share; the ids below go with it', async () => {
      const files = await open();
      const mount = await mountFor(files, files.bo);
      const file = await files.tree.create(files.bo, mount.id, 'a', textContent('1'));
      const change = { permission: 'read-only', expiresAt: files.clock.now() + DAY } as const;
      expect(await files.database.write((trx) => changeMount(trx, mount.incomingId, { ...change, now: 0 }))).toBe(true);
      expect(await mountByIncoming(files.database.read, mount.incomingId)).toEqual({ ...mount, ...change });
      expect(await codeOf(files.tree.remove(files.bo, file.id))).toBe('forbidden');
      files.clock.advance(DAY);
      expect(await codeOf(files.tree.stat(files.bo, file.id))).toBe('not-found');
      expect(await namesIn(files.tree, files.bo, ROOT_ID)).toEqual([]);
      expect(await files.database.write((trx) => removeMount(trx, mount.incomingId, 0))).toBe(true);
      expect(await files.database.write((trx) => removeMount(trx, mount.incomingId, 0))).toBe(false);
      expect(await files.database.read('foreign_items').select()).toEqual([]);
    });
  });

  describe('a root with guests', () => {
    it('is one listing in the order of ids', async () => {
      const files = await open();
      await files.tree.makeFolder(files.bo, ROOT_ID, 'first');
      await mountFor(files, files.bo, { name: 'second' });
      await files.tree.makeFolder(files.bo, ROOT_ID, 'third');
      await mountFor(files, files.bo, { name: 'fourth', incomingId: 'other' });
      expect(await namesIn(files.tree, files.bo, ROOT_ID)).toEqual(['first', 'second', 'third', 'fourth']);
      const ids = (await childrenOf(files.tree.list(files.bo, ROOT_ID))).map((item) => Number(item.id));
      expect(ids).toEqual([...ids].sort((a, b) => a - b));
    });
  });
});
