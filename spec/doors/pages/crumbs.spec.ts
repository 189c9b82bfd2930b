import { describe, expect, it } from 'vitest';
import { crumbsOf } from '../../../src/doors/pages/files/files-model.js';
import { addMount, MemorySpace, type FileSpace, type Item, type Node } from '../../../src/files/index.js';
import { MAX_DEPTH, ROOT_ID, type AccountId } from '../../../src/kernel/index.js';
import { openSpace } from '../../federation/storage-apis/support.js';
import { sqliteBench } from '../../support/each-database.js';
import { createHandClock, createSeededRandom } from '../../support/seeds.js';
import { openStorage, type Storage } from '../stacksync/support.js';

const bench = sqliteBench();
const DEEP = 10;
const ANA = { kind: 'person', accountId: 'acct-ana' as AccountId } as const;

/** A cloud in whose root Ana has, in a folder of her own, what a space holds. */
async function openMounted(space: FileSpace) {
  const { tree, database, clock } = await openStorage(bench, { openMount: async () => space });
  const { id: parentId } = await tree.makeFolder(ANA, ROOT_ID, 'Theirs');
  const terms = { permission: 'read-write', expiresAt: undefined, createdAt: clock.now() } as const;
  const place = { accountId: ANA.accountId, incomingId: 'in', name: 'Plans', rootKey: space.rootKey };
  const mount = await database.write((trx) => addMount(trx, { ...place, ...terms }));
  await tree.move(ANA, mount.id, { parentId });
  return { tree, mount: await tree.stat(ANA, mount.id), namesTo: namesIn(tree) };
}

function namesIn(tree: Storage['tree']) {
  return async (item: Item): Promise<string[]> => (await crumbsOf(tree, ANA, item)).map(({ name }) => name);
}

/** The same over another cloud, with a line of folders there, and what that cloud is asked. */
async function openAbroad() {
  const origin = await openStorage(bench);
  const shared = await origin.folder('Shared');
  const levels: Item[] = [];
  for (let level = 1; level <= DEEP; level += 1) {
    levels.push(await origin.folder(`Level ${String(level)}`, levels.at(-1)?.id ?? shared.id));
  }
  const { space } = openSpace({
    resourceUrl: `${origin.origin}/v1/folder/${shared.id}`,
    credentials: origin.grant(shared.id, 'read-write'),
    clock: origin.clock,
  });
  const asked: string[] = [];
  origin.server.on('request', ({ url }) => asked.push(String(url)));
  return { origin, levels, asked, ...(await openMounted(space)) };
}

/** Opens folder after folder, as people do, and answers the last. */
async function down(tree: Storage['tree'], from: Item): Promise<Item> {
  const { folder, items } = await tree.page(ANA, from.id, { limit: 10 });
  return items[0] === undefined ? folder : down(tree, items[0]);
}

const WAY = ['Files', 'Theirs', 'Plans', ...Array.from({ length: DEEP }, (_, level) => `Level ${String(level + 1)}`)];

describe('the way to a folder of another cloud', () => {
  it('SCA-25 is known from what was seen: its page costs one request, however deep it is', async () => {
    const { tree, mount, asked, namesTo } = await openAbroad();
    const deepest = await down(tree, mount);
    asked.length = 0;
    const { folder } = await tree.page(ANA, deepest.id, { limit: 10 });
    expect(await namesTo(folder)).toEqual(WAY);
    expect(asked).toHaveLength(1);
  });

  it('has the names under which it was seen last, and asks about what was not seen', async () => {
    const { tree, mount, asked, namesTo, origin, levels } = await openAbroad();
    const deepest = await down(tree, mount);
    await origin.tree.move(ANA, levels[4]?.id ?? ROOT_ID, { name: 'Renamed' });
    expect(await namesTo(deepest)).toEqual(WAY);
    await down(tree, mount);
    expect((await namesTo(deepest)).filter((name) => !WAY.includes(name))).toEqual(['Renamed']);
    asked.length = 0;
    const other = await openAbroad();
    const { items } = await other.tree.page(ANA, other.mount.id, { limit: 1 });
    expect(await other.namesTo(items[0] ?? other.mount)).toEqual(WAY.slice(0, 4));
    expect(asked).toEqual([]);
  });

  it('G9 ends, whatever a cloud says of what is above', async () => {
    const space = new Circling({ clock: createHandClock(), random: createSeededRandom() });
    const { key } = await space.makeFolder(space.rootKey, 'Around');
    const { tree, mount, namesTo } = await openMounted(space);
    const { items } = await tree.page(ANA, mount.id, { limit: 1 });
    const [around = mount] = items;
    expect(key).not.toBe(space.rootKey);
    expect((await namesTo(await tree.stat(ANA, around.id))).length).toBeLessThanOrEqual(3 * MAX_DEPTH);
  });
});

/** Says of every folder but the top that it lies in itself. */
class Circling extends MemorySpace {
  override async stat(key: string): Promise<Node> {
    return { ...(await super.stat(key)), ...(key === this.rootKey ? {} : { parentKey: key }) };
  }
}
