import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import createKnex from 'knex';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  isUniqueViolation,
  openDatabase,
  type Database,
  type DatabaseLocation,
  type Queries,
  type SqliteDriver,
  type Transaction,
} from '../../src/platform/index.js';
import { eachDatabase, openForTest, sqliteBench } from '../support/each-database.js';
import { atOnce } from './processes.js';
import { startWatch } from '../support/stopwatch.js';

const WANTED = { journal_mode: 'wal', synchronous: 2, foreign_keys: 1, busy_timeout: 5000 };

eachDatabase(({ migrated }) => {
  it.each(['a\0b', 2 ** 53, 1e300, Number.NaN, Number.POSITIVE_INFINITY])(
    'refuses a value that some database cannot hold, before it is asked, and goes on: %j (F-47, F-68)',
    async (value) => {
      const database = await openForTest(await migrated());
      const asked = (q: Queries): Promise<unknown> => q('meta').where({ key: value }).first();
      await expect(asked(database.read)).rejects.toMatchObject({ code: 'invalid' });
      await expect(database.read.raw('select ?', [value])).rejects.toMatchObject({ code: 'invalid' });
      const inside = database.write(async (trx) => {
        await trx('meta').insert({ key: 'before', value: '1' });
        await asked(trx);
      });
      await expect(inside).rejects.toMatchObject({ code: 'invalid' });
      expect(await database.read('meta').where({ key: 'before' }).pluck('value')).toEqual([]);
      await database.write((trx) => trx('meta').insert({ key: 'after', value: 'ok' }));
      expect(await database.read('meta').where({ key: 'after' }).pluck('value')).toEqual(['ok']);
    },
  );
});

describe.each(['better-sqlite3', 'sqlite3'] as const)('a SQLite file through %s', (driver) => {
  const { empty, migrated } = sqliteBench(driver);

  it('SQL-01 has its settings on the writing and on every reading connection', async () => {
    const database = await openForTest(await empty());
    expect(await database.write(settingsOf)).toEqual(WANTED);
    const readers = await Promise.all(Array.from({ length: 4 }, () => settingsOf(database.read)));
    expect(readers).toEqual([WANTED, WANTED, WANTED, WANTED]);
  });

  it('SQL-01 has them again at every later start of the same file', async () => {
    const location = await empty();
    await (await openDatabase(location)).close();
    const again = await openForTest(location);
    expect(await again.write(settingsOf)).toEqual(WANTED);
    expect(await settingsOf(again.read)).toEqual(WANTED);
  });

  it('SQL-01 begins every writing transaction IMMEDIATE: nobody else can begin one before it ends', async () => {
    const location = await migrated();
    const database = await openForTest(location);
    await database.write(async (trx) => {
      // Only read so far: a deferred transaction would let the other one in, and fail when it writes itself.
      await trx('meta').first();
      expect(await beginsElsewhere(fileOf(location), driver)).toBe(false);
    });
    expect(await beginsElsewhere(fileOf(location), driver)).toBe(true);
  });

  it('SQL-02 two processes that read and then write the same row never meet a locked database', async () => {
    const location = await migrated();
    const database = await openForTest(location);
    await database.write((trx) => trx('meta').insert({ key: 'count', value: '0' }));
    expect(await atOnce('count', location, 2)).toEqual([100, 100]);
    expect(await database.read('meta').where({ key: 'count' }).pluck('value')).toEqual(['200']);
  });

  it('makes the folder that is missing', async () => {
    const location = await empty();
    const file = join(`${fileOf(location)}.d`, 'deep', 'footbridge.sqlite');
    await openForTest({ engine: 'sqlite', driver, file });
    expect(existsSync(file)).toBe(true);
  });
});

eachDatabase(({ engine, open }) => {
  /** A database of which nothing is noted in `meta`. */
  const openBlank = async (): Promise<Database> => {
    const database = await open();
    await database.write((trx) => trx('meta').delete());
    return database;
  };

  it('keeps all of a transaction or nothing', async () => {
    const database = await openBlank();
    const broken = database.write(async (trx) => {
      await trx('meta').insert({ key: 'a', value: '1' });
      throw new Error('changed my mind');
    });
    await expect(broken).rejects.toThrow('changed my mind');
    expect(await database.read('meta')).toEqual([]);
    expect(await database.write(async (trx) => insertMeta(trx, 'a'))).toBe('a');
    expect(await database.read('meta').pluck('key')).toEqual(['a']);
  });

  it('takes back a part of a transaction that failed inside it', async () => {
    const database = await openBlank();
    await database.write(async (trx) => {
      await insertMeta(trx, 'kept');
      await expect(trx.transaction((inner) => insertMeta(inner, 'kept'))).rejects.toSatisfy(isUniqueViolation);
      await insertMeta(trx, 'kept too');
    });
    expect(await database.read('meta').pluck('key').orderBy('key')).toEqual(['kept', 'kept too']);
  });

  it('SQL-02 readers do not wait for the writer and see what was committed', async () => {
    const database = await openBlank();
    await database.write(async (trx) => {
      await insertMeta(trx, 'a');
      expect(await database.read('meta')).toEqual([]);
    });
    expect(await database.read('meta')).toHaveLength(1);
  });

  it('runs writers one after the other without losing an update', async () => {
    const database = await openBlank();
    await database.write((trx) => trx('meta').insert({ key: 'count', value: '0' }));
    await Promise.all(Array.from({ length: 20 }, () => database.write(addOne)));
    expect(await database.read('meta').pluck('value')).toEqual(['20']);
  });

  it('answers whole numbers as numbers up to 2^53', async () => {
    const database = await open();
    const largest = Number.MAX_SAFE_INTEGER;
    await database.write((trx) => trx('limits').insert({ key: 'k', count: 1, resets_at: largest }));
    expect(await database.read('limits').first()).toEqual({ key: 'k', count: 1, resets_at: largest });
    expect(await database.read('limits').count({ rows: '*' }).first()).toEqual({ rows: 1 });
  });

  describe('isUniqueViolation', () => {
    it('knows a taken primary key, a taken unique index and a taken partial one', async () => {
      const database = await open();
      await database.write((trx) => insertPerson(trx, 'a', 'one@x.example'));
      const taken = [
        await failureOf(database, (trx) => trx('accounts').insert(account('a'))),
        await failureOf(database, (trx) => insertPerson(trx, 'b', 'one@x.example')),
        await failureOf(database, async (trx) => {
          await trx('peers').insert(peer('1'));
          await trx('peers').insert({ ...peer('2'), name: 'peer 1' });
        }),
      ];
      expect(taken.map(isUniqueViolation)).toEqual([true, true, true]);
    });

    it('takes no other failure for one', async () => {
      const database = await open();
      const others = [
        await failureOf(database, (trx) => trx('meta').insert({ key: 'a', value: null })),
        await failureOf(database, (trx) => trx('addresses').insert(address('nobody', 'x@x.example'))),
        await failureOf(database, (trx) => trx('nowhere').insert({ key: 'UNIQUE' })),
      ];
      expect(others.every((error) => error instanceof Error)).toBe(true);
      expect([...others, new Error('UNIQUE'), undefined, 'SQLITE_CONSTRAINT'].map(isUniqueViolation)).not.toContain(
        true,
      );
    });
  });

  it('SEC-02 quotes a failing statement without its values', async () => {
    const database = await open();
    const marker = 'marker-of-a-secret';
    const failing = await failureOf(database, (trx) =>
      trx('meta').insert({ key: 'k', value: marker, nothing: marker }),
    );
    expect(String(failing)).toContain('meta');
    expect(String(failing)).not.toContain(marker);
  });

  it.runIf(engine === 'postgres')('PG-01 repeats a transaction that lost a deadlock', async () => {
    const database = await open();
    await database.write(async (trx) => {
      await insertMeta(trx, 'a');
      await insertMeta(trx, 'b');
    });
    const gate = barrier(2);
    const touch = (first: string, second: string, other: () => Promise<unknown> | undefined) => {
      let attempts = 0;
      return database.write(async (trx) => {
        attempts += 1;
        await trx.raw("set local deadlock_timeout = '50ms'");
        // Whoever lost would else overtake the other on a busy machine, and both would stand there again.
        if (attempts > 1) await other();
        await trx('meta').where({ key: first }).update({ value: second });
        if (attempts === 1) await gate();
        await trx('meta').where({ key: second }).update({ value: first });
        return attempts;
      });
    };
    const both: Promise<number>[] = [];
    both.push(
      touch('a', 'b', () => both[1]),
      touch('b', 'a', () => both[0]),
    );
    const attempts = await Promise.all(both);
    expect(attempts.sort()).toEqual([1, 2]);
  });

  it.runIf(engine === 'postgres')('PG-01 gives up after three repeats, and repeats nothing else', async () => {
    const database = await open();
    expect(await attemptsAt(database, '40001')).toBe(4);
    expect(await attemptsAt(database, '40P01')).toBe(4);
    expect(await attemptsAt(database, '23505')).toBe(1);
  });
});

async function settingsOf(q: Database['read']): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  for (const name of Object.keys(WANTED)) {
    const [row] = await q.raw<Record<string, unknown>[]>(`PRAGMA ${name}`);
    found[name] = Object.values(row ?? {})[0];
  }
  return found;
}

function fileOf(location: DatabaseLocation): string {
  return location.engine === 'sqlite' ? location.file : '';
}

/**
 * Whether a connection of its own can begin to write at this moment, without waiting. Through the same package: two
 * copies of SQLite in one process do not see each other's locks.
 */
async function beginsElsewhere(file: string, client: SqliteDriver): Promise<boolean> {
  const other = createKnex({
    client,
    connection: { filename: file },
    useNullAsDefault: true,
    pool: { min: 0, max: 1 },
  });
  try {
    await other.raw('PRAGMA busy_timeout = 0');
    await other.raw('BEGIN IMMEDIATE');
    await other.raw('ROLLBACK');
    return true;
  } catch (error) {
    expect(error).toMatchObject({ code: 'SQLITE_BUSY' });
    return false;
  } finally {
    await other.destroy();
  }
}

async function insertMeta(trx: Transaction, key: string): Promise<string> {
  await trx('meta').insert({ key, value: '1' });
  return key;
}

async function addOne(trx: Transaction): Promise<void> {
  const row = await trx<{ key: string; value: string }>('meta').where({ key: 'count' }).forUpdate().first();
  await trx('meta').update({ value: String(Number(row?.value) + 1) });
}

async function insertPerson(trx: Transaction, id: string, email: string): Promise<void> {
  await trx('accounts').insert(account(id));
  await trx('addresses').insert(address(id, email));
}

function account(id: string) {
  return { id, name: id, created_at: 0 };
}

function address(accountId: string, email: string) {
  return { account_id: accountId, email, folded: email, proven_at: 1, created_at: 0 };
}

function peer(number: string) {
  const urls = { share_url: 'x', credentials_url: 'x', origins: '[]' };
  const keys = { inbound_key: number, inbound_secret: 'sealed' };
  const kind = { dialect: 'spec', transport: 'server-post', storage_api: 'stacksync-v2' };
  return { id: number, name: `peer ${number}`, created_at: 0, changed_at: 0, ...kind, ...urls, ...keys };
}

async function failureOf(database: Database, work: (trx: Transaction) => PromiseLike<unknown>): Promise<unknown> {
  return database
    .write(async (trx) => {
      await work(trx);
    })
    .then(
      () => undefined,
      (error: unknown) => error,
    );
}

describe('a PostgreSQL that takes connections and says nothing', () => {
  it('PG-01 is given up within 3 s', async () => {
    const hole = createServer().listen(0, '127.0.0.1');
    await once(hole, 'listening');
    const { port } = hole.address() as AddressInfo;
    const database = await openDatabase({ engine: 'postgres', url: `postgres://u:p@127.0.0.1:${String(port)}/d` });
    onTestFinished(async () => {
      await database.close();
      hole.close();
    });
    const watch = startWatch();
    await expect(database.read('accounts').first()).rejects.toThrow(/timeout/i);
    expect(watch()).toBeLessThan(3_000);
  });
});

async function attemptsAt(database: Database, code: string): Promise<number> {
  let attempts = 0;
  const failing = database.write(() => {
    attempts += 1;
    return Promise.reject(Object.assign(new Error('made by the test'), { code }));
  });
  await expect(failing).rejects.toThrow('made by the test');
  return attempts;
}

/** Lets nobody through before `parties` have come. */
function barrier(parties: number): () => Promise<void> {
  let open: () => void = () => undefined;
  const all = new Promise<void>((resolve) => (open = resolve));
  let come = 0;
  return () => {
    come += 1;
    if (come === parties) open();
    return all;
  };
}
