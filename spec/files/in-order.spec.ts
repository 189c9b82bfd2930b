import { expect, it } from 'vitest';
import { migrations } from '../../migrations/index.js';
import {
  addMember,
  addMount,
  LocalSpace,
  MemorySpace,
  nearestIn,
  Reservations,
  type Abilities,
  type FileSpace,
  type ItemPage,
  type Tree,
  type TreeInputs,
} from '../../src/files/index.js';
import { ROOT_ID, sortKey, tameName, type ItemId, type Principal } from '../../src/kernel/index.js';
import { eachPage, migrate, pageOf, rollback, type Database, type PageWish } from '../../src/platform/index.js';
import { NASTY_TEXTS } from '../support/any-text.js';
import { eachDatabase } from '../support/each-database.js';
import { expectWalk, numbers, plansOf, readsOf } from '../support/plans.js';
import { createHandClock, createSeededRandom } from '../support/seeds.js';
import { guardOver, openFilesBench, textContent, type FilesBench } from './files-bench.js';

/** More than one statement of the step gives keys to. */
const MANY = 2_500;

const STEP = '0054-sort-keys';

eachDatabase((bench) => {
  /** Ana, who shares a folder with Bo, whose root has it and a folder of another cloud. */
  const open = async (overrides: Partial<TreeInputs> = {}) => {
    const files = await openFilesBench(await bench.open(), overrides);
    const { tree, ana, bo, database, abroad } = files;
    const terms = { permission: 'read-write', expiresAt: undefined } as const;
    const shared = await tree.makeFolder(ana, ROOT_ID, 'Shared 2');
    await database.write((trx) =>
      addMember(trx, { ...terms, folderId: shared.id, accountId: bo.accountId, joinedAt: 0 }),
    );
    const place = { accountId: bo.accountId, incomingId: 'in', name: 'Ölberg 10', rootKey: abroad.rootKey };
    const mount = await database.write((trx) => addMount(trx, { ...terms, ...place, createdAt: 0 }));
    return { ...files, shared: shared.id, mount: mount.id };
  };

  it('OPS-03 F-52 the step of the schema gives a key to all that has a name, batch by batch, down and up again', async () => {
    const { database, shared, tree, ana } = await open();
    await fill(database, MANY, shared);
    const names = [...new Set(NASTY_TEXTS.map((text) => tameName(text, 'x')))];
    for (const name of names) await tree.makeFolder(ana, shared, name);
    for (let step = ''; step !== STEP;) step = (await rollback(database, migrations)) ?? STEP;
    expect(await database.read('items').first()).not.toHaveProperty('sort_key');
    await migrate(database, migrations);
    expect(await keysOf(database)).toEqual({ count: MANY + names.length + 3, wrong: [] });
  });

  it('F-52 every act that names something keeps its key right', async () => {
    const { tree, trash, ana, bo, shared, mount, database } = await open();
    const folder = await tree.makeFolder(bo, ROOT_ID, 'Folder');
    const file = await tree.create(bo, folder.id, 'a 1', textContent('1'));
    await tree.move(bo, file.id, { name: 'É 2' });
    await tree.replace(bo, file.id, textContent('2'));
    await tree.copy(bo, folder.id, { parentId: ROOT_ID, name: 'Copy 7' });
    await tree.move(ana, shared, { name: 'Renamed' });
    await tree.move(bo, shared, { name: 'Mine 3', parentId: folder.id });
    await tree.move(bo, mount, { name: 'Theirs 4', parentId: folder.id });
    await tree.makeFolder(bo, ROOT_ID, 'Mine 3');
    await tree.makeFolder(bo, ROOT_ID, 'Theirs 4');
    // Both guests go back to the root, under other names.
    await tree.remove(bo, folder.id);
    await tree.makeFolder(bo, ROOT_ID, 'Folder');
    const back = await trash.restore(bo.accountId, folder.id);
    expect(back).toMatchObject({ name: 'Folder (2)' });
    expect((await database.read('members').first<{ name: string }>('name')).name).toBe('Mine 3 (2)');
    expect((await keysOf(database)).wrong).toEqual([]);
  });

  it.each(['keeps the order', 'lists whole'] as const)(
    'F-52 a folder of another cloud is in the same order, page by page, when that cloud %s',
    async (how) => {
      const inputs = { clock: createHandClock(), random: createSeededRandom() };
      const space = how === 'lists whole' ? new UnorderedSpace(inputs) : new MemorySpace(inputs);
      const { tree, bo, database, mount } = await open({ openMount: async () => space });
      const numbers = Array.from({ length: 300 }, (_, index) => (index * 7) % 300);
      for (const number of numbers) await space.makeFolder(space.rootKey, `Nr. ${String(number)}`);
      await space.create(space.rootKey, 'a', textContent('1'));
      const names: string[] = [];
      let first: ItemPage | undefined;
      for (let wish: PageWish | undefined = { limit: 64 }; wish !== undefined;) {
        const page: ItemPage = await tree.page(bo, mount, wish);
        if (first === undefined) expect((await database.read('foreign_items')).length).toBeLessThanOrEqual(65);
        first ??= page;
        names.push(...page.items.map(({ name }) => name));
        wish = page.after && { limit: 64, from: { key: page.after, towards: 'after' } };
      }
      expect(names).toEqual([...numbers.keys()].map((number) => `Nr. ${String(number)}`).concat('a'));
      const from = { key: first?.after ?? { at: '', id: '' }, towards: 'before' } as const;
      expect((await tree.page(bo, mount, { limit: 2, from })).items.map(({ name }) => name)).toEqual([
        'Nr. 61',
        'Nr. 62',
      ]);
    },
  );

  it('F-52 what others share stands in its place among a person’s own, page by page, and inside in order too', async () => {
    const { tree, ana, bo, shared, mount, database } = await open();
    for (const name of ['Zebra', 'a 10', 'a 9', 'Shared 10']) await tree.makeFolder(bo, ROOT_ID, name);
    await tree.create(bo, ROOT_ID, 'File', textContent('1'));
    const inOrder = ['a 9', 'a 10', 'Ölberg 10', 'Shared 2', 'Shared 10', 'Zebra', 'File'];
    expect(await namesOnPages(tree, bo, ROOT_ID)).toEqual(inOrder);
    await tree.move(bo, shared, { name: 'zz' });
    await tree.move(bo, mount, { name: '000' });
    expect(await namesOnPages(tree, bo, ROOT_ID)).toEqual(['000', 'a 9', 'a 10', 'Shared 10', 'Zebra', 'zz', 'File']);
    for (const name of ['x 2', 'x 10', 'x 1']) await tree.makeFolder(ana, shared, name);
    expect(await namesOnPages(tree, bo, shared)).toEqual(['x 1', 'x 2', 'x 10']);
    // Nobody else sees where they stand, and what is over is gone.
    expect(await namesOnPages(tree, ana, ROOT_ID)).toEqual(['Shared 2']);
    await database.write((trx) => trx('mounts').update({ expires_at: 1 }));
    await database.write((trx) => trx('members').update({ expires_at: 1 }));
    expect(await namesOnPages(tree, bo, ROOT_ID)).toEqual(['a 9', 'a 10', 'Shared 10', 'Zebra', 'File']);
  });

  it('F-52 a page costs one statement along an index, in a root and in a folder, there and back', async () => {
    const files = await open();
    const { database, shared, ana } = files;
    for (const folderId of [null, shared]) await fill(database, 20_000, folderId);
    if (database.engine === 'postgres') await database.job((trx) => trx.raw('analyze'));
    const space = spaceOf(files);
    const asked = readsOf(database);
    for (const key of [ROOT_ID, shared]) {
      const first = await pageIn(space, key, { limit: 100 });
      expect(first.items).toHaveLength(100);
      const after = await pageIn(space, key, {
        limit: 100,
        from: { key: { at: '1n 00510000', id: '5' }, towards: 'after' },
      });
      const from = { key: { at: '1n 00510000', id: '5' }, towards: 'before' } as const;
      const before = await pageIn(space, key, { limit: 100, from });
      expect([before.items.at(-1)?.name, after.items[0]?.name]).toEqual(['n 9999', 'n 10000']);
    }
    const pages = asked.filter(({ sql }) => sql.includes('sort_key'));
    expect(pages).toHaveLength(6);
    for (const page of pages) await expectWalk(database, [page], ['items_in_order']);
    asked.length = 0;
    await files.tree.create(ana, shared, 'new', textContent(''));
    const namesakes = asked.filter(({ sql }) => sql.includes('coalesce(parent_id, 0)'));
    expect(namesakes.length).toBeGreaterThan(0);
    const whole = /items_live_name \(owner_id=\? AND <expr>=\? AND name=\?\)|Index Cond: \(.*owner_id.*COALESCE.*name/;
    for (const { sql, plan } of await plansOf(database, namesakes)) expect(plan, sql).toMatch(whole);
  });
});

/** Says nothing of an order that it keeps. */
class UnorderedSpace extends MemorySpace {
  override readonly abilities: Abilities = {
    versions: true,
    kinds: false,
    conditionalWrites: true,
    quota: false,
    order: false,
    times: true,
    copies: true,
    overwrites: true,
    keysArePaths: false,
    paths: false,
  };
}

/** What a folder holds, read two at a time. */
async function namesOnPages(tree: Tree, principal: Principal, id: ItemId): Promise<string[]> {
  const names: string[] = [];
  for await (const { items } of eachPage((wish) => tree.page(principal, id, wish), 2)) {
    names.push(...items.map(({ name }) => name));
  }
  return names;
}

function spaceOf({ database, contents, clock, trash, ana }: FilesBench): FileSpace {
  return new LocalSpace({
    database,
    contents,
    clock,
    trash,
    locks: guardOver(clock),
    reservations: new Reservations(),
    defaultQuota: undefined,
    scope: { ownerId: ana.accountId, topId: null },
    access: { actor: 'ana', may: () => Promise.resolve(undefined) },
    onRemoved: () => Promise.resolve(),
  });
}

async function pageIn(space: FileSpace, key: string, wish: PageWish) {
  return pageOf((await nearestIn(space, key, wish)).rows, wish);
}

/** Files of Ana's. Their keys have no names behind them, which is enough for the order. */
async function fill(database: Database, count: number, folderId: ItemId | null): Promise<void> {
  const base = folderId === null ? 1_000_000 : 2_000_000;
  await database.job(async (trx) => {
    await trx.raw(`insert into items (id, owner_id, parent_id, name, is_folder, status, version, mimetype, modified_at, sort_key)
      ${numbers(count)} select ${String(base)} + i, 'ana', ${folderId ?? 'null'}, 'n ' || i, false, 'NEW', 1, 'text/plain', 0,
      '1n 00' || length(cast(i as text)) || i from n`);
  });
}

/** How many rows have a name, and those of them whose key is not what it makes. */
async function keysOf({ read }: Database) {
  type Named = { name: string; sort_key: string; kind?: 'file' | 'folder'; is_folder?: boolean | number };
  const rows: Named[] = [
    ...(await read<Named>('items').select('name', 'sort_key', 'is_folder')),
    ...(await read<Named>('members').select('name', 'sort_key')),
    ...(await read<Named>('mounts').select('name', 'sort_key', 'kind')),
  ];
  const kindOf = ({ kind, is_folder: isFolder = true }: Named) => kind ?? (isFolder ? 'folder' : 'file');
  const wrong = rows.filter((row) => row.sort_key !== sortKey(row.name, kindOf(row)));
  return { count: rows.length, wrong: wrong.map(({ name, sort_key: key }) => [name, key]) };
}
