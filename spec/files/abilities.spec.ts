import { describe, expect, it } from 'vitest';
import {
  addMount,
  keepsVersions,
  MemorySpace,
  type Abilities,
  type FileSpace,
  type Mount,
  type Node,
  type NodeKey,
} from '../../src/files/index.js';
import { eachDatabase } from '../support/each-database.js';
import { createHandClock, createSeededRandom } from '../support/seeds.js';
import { childrenOf, openFilesBench, textContent, type FilesBench } from './files-bench.js';

const NOTHING: Abilities = {
  versions: false,
  kinds: false,
  conditionalWrites: false,
  quota: false,
  keysArePaths: false,
  copies: false,
  overwrites: false,
  order: false,
  times: false,
  paths: false,
};

/** A space in which a move gives a file another key: where it now is. */
class PathSpace extends MemorySpace {
  override readonly abilities: Abilities = { ...NOTHING, keysArePaths: true };
  readonly #moved = new Map<NodeKey, NodeKey>();

  override async move(...[key, to, options]: Parameters<FileSpace['move']>): Promise<Node> {
    const node = await super.move(this.#moved.get(key) ?? key, to, options);
    this.#moved.set(`/${node.name}`, node.key);
    return { ...node, key: `/${node.name}` };
  }

  override async stat(key: NodeKey): Promise<Node> {
    return { ...(await super.stat(this.#moved.get(key) ?? key)), key };
  }
}

function memory(): MemorySpace {
  return new MemorySpace({ clock: createHandClock(), random: createSeededRandom() });
}

/** Hands everything on that every space has, and the flags of what it wraps. */
function wrapped(inner: FileSpace): FileSpace {
  const { rootKey, abilities } = inner;
  return {
    rootKey,
    abilities,
    stat: (...asked) => inner.stat(...asked),
    list: (...asked) => inner.list(...asked),
    find: (...asked) => inner.find(...asked),
    open: (...asked) => inner.open(...asked),
    head: (...asked) => inner.head(...asked),
    create: (...asked) => inner.create(...asked),
    replace: (...asked) => inner.replace(...asked),
    put: (...asked) => inner.put(...asked),
    makeFolder: (...asked) => inner.makeFolder(...asked),
    move: (...asked) => inner.move(...asked),
    remove: (...asked) => inner.remove(...asked),
  };
}

interface Behind extends FilesBench {
  readonly mount: Mount;
  /** How often the space was opened. */
  opened(): number;
}

eachDatabase((bench) => {
  async function behindMount(space: FileSpace): Promise<Behind> {
    let opened = 0;
    const openMount = async (): Promise<FileSpace> => ((opened += 1), space);
    const files = await openFilesBench(await bench.open(), { openMount });
    const terms = { permission: 'read-write', expiresAt: undefined, createdAt: files.clock.now() } as const;
    const place = { accountId: files.bo.accountId, incomingId: 'incoming', name: 'Abroad', rootKey: space.rootKey };
    const mount = await files.database.write((trx) => addMount(trx, { ...terms, ...place }));
    return { ...files, mount, opened: () => opened };
  }

  describe('what a file space can do', () => {
    it('is what it says and has, and of a wrapper what both can do', () => {
      expect(keepsVersions(memory())).toBe(true);
      expect(keepsVersions(wrapped(memory()))).toBe(false);
      expect(keepsVersions(new PathSpace({ clock: createHandClock(), random: createSeededRandom() }))).toBe(false);
    });

    it('is asked of the space behind a mount itself: a path that changes keeps its id', async () => {
      const space = new PathSpace({ clock: createHandClock(), random: createSeededRandom() });
      const { tree, bo, mount } = await behindMount(space);
      await space.create(space.rootKey, 'a', textContent('one'));
      const [file] = await childrenOf(tree.list(bo, mount.id));
      const id = file?.id ?? mount.id;
      expect(await tree.move(bo, id, { name: 'b' })).toMatchObject({ id, name: 'b' });
      expect(await tree.stat(bo, id)).toMatchObject({ id, name: 'b' });
    });

    it('shows a file without a history as its one version, and brings none back', async () => {
      const space = wrapped(memory());
      const { tree, bo, mount } = await behindMount(space);
      const { id } = await tree.create(bo, mount.id, 'a', textContent('one'));
      await tree.replace(bo, id, textContent('two'));
      expect((await tree.versions(bo, id)).map(({ version }) => version)).toEqual([2]);
      await expect(tree.versions(bo, mount.id)).rejects.toMatchObject({ code: 'not-found' });
      await expect(tree.restoreVersion(bo, id, 1)).rejects.toMatchObject({ code: 'invalid' });
    });
  });

  describe('the space behind a mount', () => {
    it('is opened by the first question that is put to it, once for each request', async () => {
      const { tree, bo, mount, opened } = await behindMount(memory());
      await tree.stat(bo, mount.id);
      expect(opened()).toBe(0);
      await tree.list(bo, mount.id);
      expect(opened()).toBe(1);
      const { id } = await tree.create(bo, mount.id, 'a', textContent('one'));
      await tree.restoreVersion(bo, id, 1);
      expect(opened()).toBe(3);
    });
  });
});
