import { describe, expect, it } from 'vitest';
import { addMount, topOf, type FileSpace, type Item, type Mount, type NewMount } from '../../src/files/index.js';
import { Failure, ROOT_ID, SECOND } from '../../src/kernel/index.js';
import { codeOf } from '../contracts/file-space/harness.js';
import { eachDatabase } from '../support/each-database.js';
import { until } from '../support/until.js';
import { childrenOf, openFilesBench, textContent, textOf, type FilesBench } from './files-bench.js';

/** Bo's tree with one file of another cloud in it, and what is done over there. */
interface Bench extends FilesBench {
  readonly mount: Mount;
  /** How often the other cloud was asked about the file. */
  asked(): number;
  /** From now on the other cloud refuses to say anything; undefined: no longer. */
  fallIll(failure: Failure | undefined): void;
  /** The file as Bo's root lists it. */
  listed(): Promise<Item | undefined>;
}

eachDatabase((databases) => {
  const open = async (wanted: Partial<NewMount> = {}): Promise<Bench> => {
    let asked = 0;
    let failure: Failure | undefined;
    const openMount = async (): Promise<FileSpace> =>
      new Proxy(files.abroad, {
        get(space, name) {
          if (name === 'stat') asked += 1;
          const found = Reflect.get(space, name, space) as unknown;
          if (typeof found !== 'function') return found;
          return (...args: unknown[]) => (failure === undefined ? Reflect.apply(found, space, args) : refuse(failure));
        },
      });
    const files: FilesBench = await openFilesBench(await databases.open(), { openMount });
    const file = await files.abroad.create(files.abroad.rootKey, 'letter.txt', textContent('twelve'));
    const mount = await files.database.write((trx) =>
      addMount(trx, {
        accountId: files.bo.accountId,
        incomingId: 'incoming',
        name: 'letter.txt',
        permission: 'read-write',
        rootKey: file.key,
        expiresAt: undefined,
        createdAt: files.clock.now(),
        top: topOf(file),
        ...wanted,
      }),
    );
    return {
      ...files,
      mount,
      asked: () => asked,
      fallIll: (trouble) => void (failure = trouble),
      listed: async () => (await childrenOf(files.tree.list(files.bo, ROOT_ID))).find(({ id }) => id === mount.id),
    };
  };

  describe('a mounted file', () => {
    it('stands in the root as an ordinary file: no folder, and nobody waits for the other cloud', async () => {
      const { listed, fallIll, mount } = await open();
      fallIll(new Failure('peer-timeout', 'away'));
      expect(await listed()).toMatchObject({
        id: mount.id,
        parentId: null,
        name: 'letter.txt',
        kind: 'file',
        place: 'mount',
        isShareTop: true,
        size: 6,
        version: 1,
        mimetype: 'text/plain',
        permission: 'read-write',
        ownerId: undefined,
      });
    });

    it('gets a number before its ending when its name is taken', async () => {
      const { database, bo, clock, mount } = await open();
      const { rootKey, top, permission } = mount;
      const second = { accountId: bo.accountId, incomingId: 'second', name: 'letter.txt', expiresAt: undefined };
      const { name } = await database.write((trx) =>
        addMount(trx, { ...second, rootKey, top, permission, createdAt: clock.now() }),
      );
      expect(name).toBe('letter (2).txt');
    });

    it('is asked about when the root is listed, at most every few seconds, and the next listing shows the news', async () => {
      const { abroad, mount, listed, asked, clock } = await open();
      await abroad.replace(mount.rootKey, textContent('thirteen'));
      expect(await listed()).toMatchObject({ version: 1, size: 6 });
      await listed();
      expect(asked()).toBe(1);
      await until('the news', async () => (await listed())?.version === 2, { every: 5 });
      expect(await listed()).toMatchObject({ version: 2, size: 8, status: 'CHANGED' });
      expect(asked()).toBe(1);
      clock.advance(10 * SECOND);
      await listed();
      expect(asked()).toBe(2);
    });

    it('is as the other cloud says when it is asked for itself, and as it last said while that cloud is in trouble', async () => {
      const { abroad, mount, tree, bo, fallIll } = await open();
      await abroad.replace(mount.rootKey, textContent('thirteen'));
      expect(await tree.stat(bo, mount.id)).toMatchObject({
        name: 'letter.txt',
        version: 2,
        size: 8,
        isShareTop: true,
      });
      for (const code of ['peer-failed', 'peer-timeout', 'unavailable'] as const) {
        fallIll(new Failure(code, 'trouble'));
        expect(await tree.stat(bo, mount.id)).toMatchObject({ version: 2, size: 8 });
        expect(await codeOf(tree.open(bo, mount.id))).toBe(code);
      }
      fallIll(new Failure('unauthenticated', 'over'));
      expect(await codeOf(tree.stat(bo, mount.id))).toBe('not-found');
    });

    it('is read, replaced and has versions under its own id', async () => {
      const { mount, tree, bo, listed } = await open();
      expect(await textOf(tree.open(bo, mount.id))).toBe('twelve');
      const part = await tree.open(bo, mount.id, { range: { kind: 'from', start: 2, end: 3 } });
      expect(await textOf(part)).toBe('el');
      expect(await tree.replace(bo, mount.id, textContent('thirteen'))).toMatchObject({ id: mount.id, version: 2 });
      expect(await listed()).toMatchObject({ version: 2, size: 8 });
      const versions = await tree.versions(bo, mount.id);
      expect(versions.map(({ id, version, size }) => [id, version, size])).toEqual([
        [mount.id, 2, 8],
        [mount.id, 1, 6],
      ]);
    });

    it('AUT-01 is not changed by somebody who may only read it', async () => {
      const { mount, tree, bo } = await open({ permission: 'read-only' });
      expect(await codeOf(tree.replace(bo, mount.id, textContent('mine')))).toBe('forbidden');
      expect(await textOf(tree.open(bo, mount.id))).toBe('twelve');
    });

    it('PTH-06 cannot be deleted, and is renamed and moved here alone', async () => {
      const { abroad, mount, tree, bo, listed } = await open();
      const folder = await tree.makeFolder(bo, ROOT_ID, 'Own');
      expect(await codeOf(tree.remove(bo, mount.id))).toBe('forbidden');
      expect(await listed()).toMatchObject({ name: 'letter.txt', status: 'NEW' });
      const moved = await tree.move(bo, mount.id, { name: 'mine.txt', parentId: folder.id });
      expect(moved).toMatchObject({ id: mount.id, name: 'mine.txt', parentId: folder.id });
      expect(await textOf(tree.open(bo, mount.id))).toBe('twelve');
      expect(await abroad.stat(mount.rootKey)).toMatchObject({ name: 'letter.txt', status: 'NEW' });
    });

    it('is no longer listed once the other cloud says that it was deleted', async () => {
      const { abroad, mount, tree, bo, listed } = await open();
      await abroad.remove(mount.rootKey);
      expect(await tree.stat(bo, mount.id)).toMatchObject({ status: 'DELETED' });
      expect(await listed()).toBeUndefined();
    });

    it('stays a file, whatever the other cloud says later', async () => {
      const { abroad, mount, tree, bo, listed } = await open();
      const { key } = await abroad.makeFolder(abroad.rootKey, 'Folder');
      const stat = abroad.stat.bind(abroad);
      abroad.stat = async (asked) => ({ ...(await stat(asked === mount.rootKey ? key : asked)), key: asked });
      await tree.stat(bo, mount.id);
      expect(await listed()).toMatchObject({ kind: 'file', size: 6 });
    });
  });
});

function refuse(failure: Failure): never {
  throw failure;
}
