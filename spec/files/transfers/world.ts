import {
  addMount,
  ForeignLocks,
  Properties,
  Transfers,
  type FileSpace,
  type Item,
  type Mount,
  type Node,
  type TransfersInputs,
  type TransferWish,
} from '../../../src/files/index.js';
import { Failure, ROOT_ID, type ItemId, type PersonPrincipal } from '../../../src/kernel/index.js';
import { createLog, systemRandom, type Database } from '../../../src/platform/index.js';
import { childrenOf, openFilesBench, textContent, textOf, type FilesBench } from '../files-bench.js';

/** The calls of the files at which a process can be held. */
export type Call = 'open' | 'makeFolder' | 'put' | 'move' | 'remove';

/** Where a process stops for good, as if it were killed there: at the so-manieth call of a kind. */
export interface Death {
  readonly call: Call;
  readonly time: number;
  /** Whether what was called has still happened; its answer is never heard. */
  readonly isAfter?: boolean;
}

/** A process that does transfers. */
export interface Process {
  readonly transfers: Transfers;
  /** When it has come to its death. */
  readonly died: Promise<void>;
  /** Lets it go on after all, as one that had only stood still. */
  wake(): void;
}

/** Two people's files, a mount of Ana's, and processes that do transfers between all of that. */
export interface World extends FilesBench {
  readonly mount: Mount;
  /** Has the other cloud not answer, or answer again. */
  setAway(isAway: boolean): void;
  /** Has the other cloud tell no checksums, as most servers of WebDAV. */
  setBlind(): void;
  /** A process on this database; without a death it lives on. */
  process(death?: Death, inputs?: Partial<TransfersInputs>): Process;
  wish(source: Item, parent: Pick<Item, 'id'>, more?: Partial<TransferWish>): Promise<TransferWish>;
  /** Makes a folder with a file, a folder in it, and a file in that. */
  plant(parentId: ItemId, name: string): Promise<Item>;
  /** Everything below a folder as paths and contents. */
  read(id: ItemId, at?: string): Promise<string[]>;
  /** What the other cloud holds at its top, hidden or not. */
  namesAbroad(): Promise<string[]>;
}

/** Opens the world on a database. */
export async function openWorld(database: Database): Promise<World> {
  let [isAway, isBlind] = [false, false];
  const files: FilesBench = await openFilesBench(database, {
    openMount: async () => {
      if (isAway) throw new Failure('peer-timeout', 'It does not answer.');
      return isBlind ? withoutChecksums(files.abroad) : files.abroad;
    },
  });
  const { clock, ana, tree, abroad } = files;
  const terms = { permission: 'read-write', expiresAt: undefined, createdAt: clock.now() } as const;
  const where = { accountId: ana.accountId, incomingId: 'incoming', name: 'Abroad', rootKey: abroad.rootKey };
  const mount = await database.write((trx) => addMount(trx, { ...where, ...terms }));
  return {
    ...files,
    mount,
    setAway(wish) {
      isAway = wish;
    },
    setBlind() {
      isBlind = true;
    },
    process: (death, inputs) => processOn(files, death, inputs),
    async wish(source, { id }, more = {}) {
      const parent = await tree.stat(ana, id);
      const name = more.name ?? source.name;
      const old = await tree.find(more.principal ?? ana, id, [name]);
      const { principal, ...rest } = { principal: ana, ...more };
      const asked = JSON.stringify([source.id, id, name, rest.isMove ?? true]);
      const plain = { isMove: true, mayReplace: true, isDeep: true, lockTokens: [], contentAt: undefined, note: '' };
      return { ...plain, principal, source, parent, name, old, tag: source.etag, asked, ...rest };
    },
    async plant(parentId, name) {
      const top = await tree.makeFolder(ana, parentId, name);
      await tree.put(ana, top.id, 'a.txt', textContent('a'));
      const deeper = await tree.makeFolder(ana, top.id, 'Deeper');
      await tree.put(ana, deeper.id, 'b.txt', textContent('bb'));
      return tree.stat(ana, top.id);
    },
    read: (id, at) => readAll(files, ana, id, at),
    async namesAbroad() {
      const names: string[] = [];
      for await (const { name } of (await abroad.list(abroad.rootKey)).children) names.push(name);
      return names.sort();
    },
  };
}

function withoutChecksums(space: FileSpace): FileSpace {
  return new Proxy(space, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      const call = (...args: unknown[]): unknown => Reflect.apply(value, target, args);
      if (name !== 'find' && name !== 'stat') return call;
      return async (...args: unknown[]) => {
        const node = (await call(...args)) as Node | undefined;
        return node && { ...node, checksum: 0 };
      };
    },
  });
}

async function readAll(files: FilesBench, who: PersonPrincipal, id: ItemId, at = ''): Promise<string[]> {
  const found: string[] = [];
  for (const item of await childrenOf(files.tree.list(who, id))) {
    if (item.isShareTop) continue;
    const path = `${at}/${item.name}`;
    if (item.kind === 'file') found.push(`${path}=${await textOf(files.tree.open(who, item.id))}`);
    else found.push(`${path}/`, ...(await readAll(files, who, item.id, path)));
  }
  return found.sort();
}

function processOn(files: FilesBench, death: Death | undefined, inputs: Partial<TransfersInputs> = {}): Process {
  const { database, clock, tree, abroad } = files;
  const { access } = tree;
  const [died, wake] = [openLatch(), openLatch()];
  let times = 0;
  const mortal = <Args extends unknown[], T>(name: Call, call: (...args: Args) => Promise<T>) => {
    return async (...args: Args): Promise<T> => {
      if (name === death?.call) times += 1;
      const isNow = name === death?.call && times === death.time;
      const answer = isNow && death.isAfter !== true ? undefined : await call(...args);
      if (!isNow) return answer as T;
      died.lift();
      await wake.lifted;
      return answer ?? call(...args);
    };
  };
  const transfers = new Transfers({
    database,
    clock,
    random: systemRandom,
    log: createLog('silent'),
    properties: new Properties({ access, clock, database }),
    foreignLocks: new ForeignLocks({
      access,
      clock,
      database,
      random: systemRandom,
      cloudName: 'Alder',
      openMount: async () => abroad,
      log: createLog('silent'),
    }),
    tree: {
      stat: (...args) => tree.stat(...args),
      find: (...args) => tree.find(...args),
      list: (...args) => tree.list(...args),
      ways: (...args) => tree.ways(...args),
      copy: (...args) => tree.copy(...args),
      open: mortal('open', (...args) => tree.open(...args)),
      makeFolder: mortal('makeFolder', (...args) => tree.makeFolder(...args)),
      put: mortal('put', (...args) => tree.put(...args)),
      move: mortal('move', (...args) => tree.move(...args)),
      remove: mortal('remove', (...args) => tree.remove(...args)),
    },
    leaseTime: async () => clock.now(),
    ...inputs,
  });
  return {
    transfers,
    died: died.lifted,
    wake: wake.lift,
  };
}

/** Something to wait for until it is lifted. */
function openLatch(): { readonly lifted: Promise<void>; readonly lift: () => void } {
  let lift: () => void = () => undefined;
  const lifted = new Promise<void>((resolve) => (lift = resolve));
  return { lifted, lift };
}

/** The root of Ana's tree. */
export const ROOT = { id: ROOT_ID };
