import { expect, it } from 'vitest';
import { addMount, ITEM_KEEPERS, removeMount, TRAVELLERS } from '../../src/files/index.js';
import { ForeignIds } from '../../src/files/records/foreign-ids.js';
import { DAY, type AccountId, type ItemId } from '../../src/kernel/index.js';
import { rowsOf, type Database } from '../../src/platform/index.js';
import { ITEM_NAMERS } from '../../src/desk/index.js';
import { createHandClock, type HandClock } from '../support/seeds.js';
import { eachDatabase } from '../support/each-database.js';
import { planOf } from '../support/plans.js';
import { addPerson } from './files-bench.js';

eachDatabase((bench) => {
  interface Opened {
    readonly database: Database;
    readonly clock: HandClock;
    readonly ids: ForeignIds;
    readonly mountId: ItemId;
  }

  async function open(most = 100_000): Promise<Opened> {
    const clock = createHandClock();
    const database = await bench.open();
    await addPerson(database, 'bo');
    const where = { accountId: 'bo' as AccountId, incomingId: 'in', name: 'Abroad', rootKey: '/' };
    const terms = { permission: 'read-write', expiresAt: undefined, createdAt: 0 } as const;
    const mount = await database.write((trx) => addMount(trx, { ...where, ...terms }));
    return { database, clock, ids: new ForeignIds({ database, clock, most, namers: ITEM_NAMERS }), mountId: mount.id };
  }

  it('PTH-10 gives each key one id, in batches of any size, and the same one again', async () => {
    const { ids, mountId } = await open();
    const keys = Array.from({ length: 450 }, (_, index) => `key ${String(index)}`);
    const first = await ids.idsOf(mountId, [...keys, ...keys]);
    expect(new Set(first.values()).size).toBe(450);
    expect(await ids.idsOf(mountId, keys)).toEqual(first);
  });

  it('gives one id to a key that several ask for at once', async () => {
    const { database, ids, mountId } = await open();
    const answers = await Promise.all(Array.from({ length: 8 }, () => ids.idsOf(mountId, ['same', 'other'])));
    expect(new Set(answers.map((answer) => answer.get('same'))).size).toBe(1);
    expect(await database.read('foreign_items').select()).toHaveLength(2);
  });

  it('keeps ids when a path is renamed, with everything below it and nothing beside it', async () => {
    const { ids, mountId } = await open();
    const before = await ids.idsOf(mountId, ['/a', '/a/x', '/a/🙂/y', '/ab', '/a_']);
    await ids.rename(mountId, '/a', '/c/🙂');
    const renamed = { '/a': '/c/🙂', '/a/x': '/c/🙂/x', '/a/🙂/y': '/c/🙂/🙂/y', '/ab': '/ab', '/a_': '/a_' };
    const after = await ids.idsOf(mountId, Object.values(renamed));
    for (const [old, now] of Object.entries(renamed)) expect(after.get(now), now).toBe(before.get(old));
  });

  it('does not let what was there before stand in the way of a renamed path', async () => {
    const { ids, mountId } = await open();
    const before = await ids.idsOf(mountId, ['/old', '/new', '/new/x']);
    await ids.rename(mountId, '/old', '/new');
    const after = await ids.idsOf(mountId, ['/new', '/new/x']);
    expect(after.get('/new')).toBe(before.get('/old'));
    expect(after.get('/new/x')).not.toBe(before.get('/new/x'));
  });

  it('finds what is at or below a path along an index (F-83)', async () => {
    const { database, clock, mountId } = await open();
    const asked: { sql: string; bindings: string[] }[] = [];
    const watched: Database = {
      ...database,
      write: (work) =>
        database.write((trx) => {
          trx.on('query', (statement: { sql: string; bindings: string[] }) => asked.push(statement));
          return work(trx);
        }),
    };
    const ids = new ForeignIds({ database: watched, clock });
    await ids.idsOf(mountId, ['/a', '/a/x']);
    asked.length = 0;
    await ids.rename(mountId, '/a', '/b');
    await ids.forget(mountId, '/b');
    const changes = asked.filter(({ sql }) => /^(update|delete)/.test(sql));
    expect(changes).toHaveLength(3);
    for (const { sql, bindings } of changes) {
      expect(await planOf(database, sql, bindings)).toMatch(
        database.engine === 'sqlite' ? /key>\? AND key<\?/ : /Index Scan using foreign_items_below/,
      );
    }
  });

  it('looks known keys up once while nobody commits, and again afterwards', async () => {
    const { database, clock, mountId } = await open();
    const ids = new ForeignIds({ database, clock });
    const keys = Array.from({ length: 450 }, (_, index) => `key ${String(index)}`);
    const first = await ids.idsOf(mountId, keys);
    await ids.idsOf(mountId, keys);
    let asked = 0;
    database.read.on('query', () => (asked += 1));
    expect(await ids.idsOf(mountId, keys)).toEqual(first);
    expect(asked).toBe(database.version() === undefined ? 2 : 0);
    await database.write((trx) => trx('foreign_items').where({ key: 'key 1' }).delete());
    expect((await ids.idsOf(mountId, keys)).get('key 1')).not.toBe(first.get('key 1'));
  });

  it('takes a namesake of something deleted for something new', async () => {
    const { ids, mountId } = await open();
    const before = await ids.idsOf(mountId, ['/a', '/a/x', '/ab']);
    await ids.forget(mountId, '/a');
    const after = await ids.idsOf(mountId, ['/a', '/a/x', '/ab']);
    expect([...after].filter(([key, id]) => before.get(key) === id).map(([key]) => key)).toEqual(['/ab']);
  });

  it('notes once a day what was seen, and writes nothing otherwise', async () => {
    const { database, clock, ids, mountId } = await open();
    const seenAt = async () => (await database.read('foreign_items').pluck('seen_at')).map(Number);
    await ids.idsOf(mountId, ['a']);
    const first = clock.now();
    clock.advance(DAY - 1);
    await ids.idsOf(mountId, ['a']);
    expect(await seenAt()).toEqual([first]);
    clock.advance(1);
    await ids.idsOf(mountId, ['a']);
    expect(await seenAt()).toEqual([first + DAY]);
  });

  it('gives up ids that nothing names, those unseen for longest first, and keeps what a comment or a lock names (F-67)', async () => {
    const { database, clock, ids, mountId } = await open(10);
    const named = await ids.idsOf(mountId, ['commented', 'locked']);
    await database.write(async (trx) => {
      await trx('comment_threads').insert({ item_id: named.get('commented'), mount_id: mountId, last_at: 0 });
      const words = { actor: 'a', user_name: 'u', cloud: 'c', ipserver: 's', datetime: 'd' };
      const lock = { item_id: named.get('locked'), mount_id: mountId, is_open: true, minutes: 1, touched_at: 0 };
      await trx('locks').insert({ ...words, ...lock });
    });
    const old = Array.from({ length: 10 }, (_, index) => `old ${String(index)}`);
    await ids.idsOf(mountId, old);
    clock.advance(DAY);
    await ids.idsOf(mountId, ['old 0']);
    await ids.idsOf(mountId, ['new 0', 'new 1', 'new 2']);
    const kept = await database.read('foreign_items').orderBy('id').pluck('key');
    expect(kept).toEqual(['commented', 'locked', 'old 0', ...old.slice(4), 'new 0', 'new 1', 'new 2']);
    expect(await database.read('item_ids').where({ space: 'foreign' })).toHaveLength(12);
    expect(await ids.idsOf(mountId, ['commented', 'locked'])).toEqual(named);
  });

  it(
    'keeps at most 100 000 ids of a mount, however many fresh ones each listing brings (F-67)',
    { timeout: 120_000 },
    async () => {
      const { database, ids, mountId } = await open();
      for (let listing = 0; listing < 51; listing += 1) {
        await ids.idsOf(
          mountId,
          Array.from({ length: 2_000 }, (_, index) => `${String(listing)} ${String(index)}`),
        );
      }
      const [row] = await database.read('foreign_items').where({ mount_id: mountId }).count({ count: '*' });
      expect(Number(row?.['count'])).toBe(100_000);
      expect((await ids.idsOf(mountId, ['50 1999'])).size).toBe(1);
      expect(await database.read('foreign_items').where('key', 'like', '0 %').first()).toBeUndefined();
      const mount = await database.read('mounts').where({ id: mountId }).first<{ incoming_id: string }>();
      expect(await database.write((trx) => removeMount(trx, mount.incoming_id, 0))).toBe(true);
      expect(await database.read('foreign_items').first()).toBeUndefined();
      expect(await database.read('item_ids').first()).toBeUndefined();
    },
  );

  it('leaves out no table that names items: whoever adds one says whether it names those of mounts (F-67)', async () => {
    const { database } = await open();
    const tables = await tablesWithColumn(database, 'item_id');
    // Versions, arrivals, the trash, receipts, properties, uploads and changes are of items of this cloud, or of a moment; comments go
    // with their thread.
    const others = ['item_versions', 'arrivals', 'changes', 'trash', 'receipts', 'properties', 'comments', 'uploads'];
    const namers = [...ITEM_NAMERS, ...ITEM_KEEPERS, ...TRAVELLERS].filter(({ column }) => column === 'item_id');
    expect(tables.filter((table) => !others.includes(table))).toEqual(namers.map(({ table }) => table).sort());
  });
});

async function tablesWithColumn(database: Database, column: string): Promise<string[]> {
  const statement =
    database.engine === 'sqlite'
      ? "select m.name as name from sqlite_master m join pragma_table_info(m.name) c where m.type = 'table' and c.name = ?"
      : 'select table_name as name from information_schema.columns where table_schema = current_schema() and column_name = ?';
  const rows = await rowsOf<{ name: string }>(database.read, statement, [column]);
  return rows.map(({ name }) => name).sort();
}
