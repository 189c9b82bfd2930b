import { describe, expect, it } from 'vitest';
import { migrations } from '../../migrations/index.js';
import { isCurrent, migrate, rollback, type Migration } from '../../src/platform/index.js';
import { eachDatabase, openForTest, sqliteBench } from '../support/each-database.js';
import { agree, agreedRows } from './agreed-rows.js';
import { atOnce } from './processes.js';
import { schemaMeaning } from './schema-meaning.js';

const NAMES = migrations.map((migration) => migration.name);

const reference = sqliteBench();

eachDatabase(({ engine, empty, open }) => {
  it('takes every step from nothing, in order, and none twice', async () => {
    const database = await openForTest(await empty());
    expect(await isCurrent(database, migrations)).toBe(false);
    expect(await migrate(database, migrations)).toEqual(NAMES);
    expect(await isCurrent(database, migrations)).toBe(true);
    expect(await migrate(database, migrations)).toEqual([]);
  });

  it('takes only the steps that are missing', async () => {
    const database = await openForTest(await empty());
    await migrate(database, migrations.slice(0, 1));
    expect(await isCurrent(database, migrations)).toBe(false);
    expect(await migrate(database, migrations)).toEqual(NAMES.slice(1));
  });

  it('means the same schema on every engine', async () => {
    const here = await schemaMeaning(await open());
    expect(here).toEqual(await schemaMeaning(await reference.open()));
    expect(here['addresses']).toEqual({
      columns: [
        'account_id: text',
        'created_at: whole number',
        'email: text',
        'folded: text',
        'is_primary: truth',
        'proven_at: whole number?',
      ],
      primaryKey: ['account_id', 'folded'],
      references: ['account_id -> accounts!'],
      unique: ['folded if'],
    });
  });

  it.runIf(engine === 'postgres')('F-52 compares by bytes what is compared here too, in any language', async () => {
    const { read } = await open();
    const columns: { table_name: string; column_name: string }[] = await read('information_schema.columns')
      .where({ collation_name: 'C', table_schema: 'public' })
      .select('table_name', 'column_name');
    const named = columns.map((column) => `${column.table_name}.${column.column_name}`).sort();
    expect(named).toEqual(['items.sort_key', 'members.sort_key', 'mounts.sort_key']);
    const indexes = await read('pg_indexes').where('indexdef', 'like', '%changed_at, id COLLATE "C")%');
    expect(indexes).toHaveLength(10);
  });

  it('OPS-03 goes down step by step to nothing, and up again to the same schema', async () => {
    const database = await open();
    const before = await schemaMeaning(database);
    for (const name of NAMES.toReversed()) expect(await rollback(database, migrations)).toBe(name);
    expect(await rollback(database, migrations)).toBeUndefined();
    expect(Object.keys(await schemaMeaning(database))).toEqual(['schema_steps']);
    await migrate(database, migrations);
    expect(await schemaMeaning(database)).toEqual(before);
  });

  it('OPS-03 a step keeps the rows that the steps before it hold, down and up again', async () => {
    const database = await open();
    const person = { id: 'a', name: 'Ana', created_at: 1 };
    await database.write((trx) => trx('accounts').insert(person));
    for (let step = 1; step < NAMES.length; step += 1) await rollback(database, migrations);
    await migrate(database, migrations);
    expect(await database.read('accounts')).toMatchObject([person]);
  });

  it('OPS-03 the steps after the shares keep every file, version, agreement, grant and message as it is, down and up again', async () => {
    const database = await open();
    await agree(database);
    const before = await agreedRows(database);
    for (const name of NAMES.slice(NAMES.indexOf('0004-shares') + 1).toReversed()) {
      expect(await rollback(database, migrations)).toBe(name);
      expect(await agreedRows(database)).toEqual(before);
    }
    await migrate(database, migrations);
    expect(await agreedRows(database)).toEqual(before);
  });

  it('K14 a step that fails half way leaves nothing behind, of the steps before it in the same run either', async () => {
    const database = await openForTest(await empty());
    await expect(migrate(database, [...migrations, breaking])).rejects.toThrow('broken by the test');
    expect(await schemaMeaning(database)).toEqual({});
    expect(await migrate(database, migrations)).toEqual(NAMES);
  });

  it('refuses to take back a step of a newer program', async () => {
    const database = await open();
    await migrate(database, [...migrations, newer]);
    await expect(rollback(database, migrations)).rejects.toMatchObject({ code: 'conflict' });
    expect(await isCurrent(database, migrations)).toBe(true);
    expect(await rollback(database, [...migrations, newer])).toBe(newer.name);
  });

  describe('several processes', () => {
    it('OPS-02 that start together migrate once', { timeout: 60_000 }, async () => {
      const answers = await atOnce('migrate', await empty(), 4);
      expect(answers.filter((taken) => JSON.stringify(taken) === JSON.stringify(NAMES))).toHaveLength(1);
      expect(answers.filter((taken) => JSON.stringify(taken) === '[]')).toHaveLength(3);
    });
  });
});

const breaking: Migration = {
  name: '9999-breaking',
  async up(trx) {
    await trx.schema.createTable('half', (table) => table.text('key').primary());
    await trx('half').insert({ key: 'a' });
    throw new Error('broken by the test');
  },
  down: () => Promise.resolve(),
};

const newer: Migration = {
  name: '9998-newer',
  up: (trx) => trx.schema.createTable('newer', (table) => table.text('key').primary()),
  down: (trx) => trx.schema.dropTable('newer'),
};
