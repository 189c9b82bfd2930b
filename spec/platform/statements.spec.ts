import { expect, it } from 'vitest';
import { rowsOf, written, type Database } from '../../src/platform/index.js';
import { eachDatabase, openForTest } from '../support/each-database.js';

const BY_KEY = 'select key, value from meta where key = ? and value <> ?';

async function keep(database: Database, key: string, value: string): Promise<void> {
  await database.write((trx) => trx('meta').insert({ key, value }));
}

eachDatabase(({ migrated }) => {
  it('answers a written statement as the builder would, as often as it is asked', async () => {
    const database = await openForTest(await migrated());
    await keep(database, 'a', '1');
    for (let round = 0; round < 3; round += 1) {
      expect(await rowsOf(database.read, BY_KEY, ['a', ''])).toEqual([{ key: 'a', value: '1' }]);
      expect(await rowsOf(database.read, BY_KEY, ['b', ''])).toEqual([]);
    }
    expect(await rowsOf(database.read, 'select cast(? as text) as absent', [null])).toEqual([{ absent: null }]);
  });

  it('sees in a transaction what the transaction has written, and outside nothing of it', async () => {
    const database = await openForTest(await migrated());
    await rowsOf(database.read, BY_KEY, ['a', '']);
    await database.write(async (trx) => {
      await trx('meta').insert({ key: 'a', value: '1' });
      expect(await rowsOf(trx, BY_KEY, ['a', ''])).toHaveLength(1);
      expect(await rowsOf(database.read, BY_KEY, ['a', ''])).toEqual([]);
    });
    expect(await rowsOf(database.read, BY_KEY, ['a', ''])).toHaveLength(1);
  });

  it('judges values before it tells listeners, prepared or not (F-47, F-68)', async () => {
    const database = await openForTest(await migrated());
    let told = 0;
    database.read.on('query', () => (told += 1));
    for (let round = 0; round < 2; round += 1) {
      await expect(rowsOf(database.read, BY_KEY, ['a\0', ''])).rejects.toMatchObject({ code: 'invalid' });
      await expect(rowsOf(database.read, BY_KEY, [2 ** 53, ''])).rejects.toMatchObject({ code: 'invalid' });
      await rowsOf(database.read, BY_KEY, ['a', '']);
    }
    expect(told).toBe(2);
  });

  it('goes on when a column is added to what it selects', async () => {
    const database = await openForTest(await migrated());
    await keep(database, 'a', '1');
    const all = (): Promise<unknown[]> => rowsOf(database.read, 'select * from meta where key = ?', ['a']);
    await all();
    await all();
    await database.job((trx) => trx.schema.alterTable('meta', (table) => table.text('more')));
    for (let round = 0; round < 3; round += 1) expect(await all()).toEqual([{ key: 'a', value: '1', more: null }]);
  });

  it('fails as the database does, and goes on', async () => {
    const database = await openForTest(await migrated());
    for (let round = 0; round < 2; round += 1) {
      await expect(rowsOf(database.read, 'select key from nowhere where 1 = ?', [1])).rejects.toThrow(/nowhere/);
    }
    expect(await rowsOf(database.read, BY_KEY, ['a', ''])).toEqual([]);
  });

  it('runs what the builder has written once, with other values each time', async () => {
    const database = await openForTest(await migrated());
    for (const key of ['a', 'b', 'c']) await keep(database, key, 'x');
    let builds = 0;
    const after = written((q) => {
      builds += 1;
      return q('meta').where('value', 'v').where('key', '>', 'k').orderBy('key').limit(1).select('key');
    });
    const next = (key: string) => rowsOf<{ key: string }>(database.read, after(database.read), ['x', key, 1]);
    expect([await next('a'), await next('b'), await next('c')]).toEqual([[{ key: 'b' }], [{ key: 'c' }], []]);
    expect(builds).toBe(1);
  });
});
