import { readFile } from 'node:fs/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { sqliteKnex, type Database, type DatabaseLocation, type Transaction } from '../../src/platform/index.js';
import { JointCommits } from '../../src/platform/database/sqlite/index.js';
import { Turns } from '../../src/platform/turns/index.js';
import { openForTest, sqliteBench } from '../support/each-database.js';

describe.each(['better-sqlite3', 'sqlite3'] as const)('writers of one SQLite file through %s', (driver) => {
  const bench = sqliteBench(driver);

  /** `longest` is not what is tested here: a machine that is busy must not part those that come together. */
  async function open(): Promise<Stage> {
    const location = fileOf(await bench.migrated());
    const knex = sqliteKnex({ file: location.file, driver, synchronous: 'FULL', connections: 1 });
    const reader = await openForTest(location);
    onTestFinished(() => knex.destroy());
    const commits = new JointCommits(knex, { driver, longest: Infinity });
    const turns = new Turns({ atOnce: 1, each: 1 });
    return {
      write: async (work) => (await turns.during(() => commits.enter(work)))(),
      kept: () => keptIn(reader),
      commits: await commitsOf(location.file),
    };
  }

  it('STO-22 that come together share one commit, and each has its answer', async () => {
    const { write, kept, commits } = await open();
    const answers = await Promise.all(numbers(40).map((n) => write((trx) => insert(trx, n))));
    expect(answers).toEqual(numbers(40));
    expect(await kept()).toHaveLength(40);
    expect(await commits()).toBe(1);
  });

  it('STO-22 are answered only after the commit, whoever came last', async () => {
    const { write, kept } = await open();
    await Promise.all(
      numbers(20).map(async (n) => {
        await write((trx) => insert(trx, n));
        expect(await kept()).toContain(String(n));
      }),
    );
  });

  it('STO-22 that come one after the other wait for nobody', async () => {
    const { write, commits } = await open();
    for (const n of numbers(5)) await write((trx) => insert(trx, n));
    expect(await commits()).toBe(5);
  });

  it('STO-22 share one up to 64 of them', async () => {
    const { write, kept, commits } = await open();
    await Promise.all(numbers(200).map((n) => write((trx) => insert(trx, n))));
    expect(await kept()).toHaveLength(200);
    expect(await commits()).toBe(4);
  });

  it('STO-23 lose nothing by one of them that throws, or breaks a rule of the schema', async () => {
    const { write, kept, commits } = await open();
    const results = await Promise.allSettled([
      write((trx) => insert(trx, 1)),
      write(async (trx) => {
        await insert(trx, 2);
        throw new Error('changed my mind');
      }),
      write(async (trx) => {
        await insert(trx, 3);
        await insert(trx, 1);
      }),
      write((trx) => insert(trx, 4)),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
    expect(await kept()).toEqual(['1', '4']);
    expect(await commits()).toBe(1);
  });

  it('STO-23 all fail when their commit fails, and nothing is kept; the next goes on', async () => {
    const { write, kept } = await open();
    await write(async (trx) => trx.raw(PARENTS));
    await write(async (trx) => trx.raw(CHILDREN));
    const results = await Promise.allSettled([
      write((trx) => insert(trx, 1)),
      // Looked at by the commit alone.
      write(async (trx) => trx('children').insert({ parent: 7 })),
      write(() => Promise.reject(new Error('refused, which might rest on what the others wrote'))),
    ]);
    expect(results.map(reasonOf)).toEqual(Array(3).fill(expect.stringContaining('FOREIGN KEY')));
    expect(await kept()).toEqual([]);
    expect(await write((trx) => insert(trx, 5))).toBe(5);
    expect(await kept()).toEqual(['5']);
  });

  it('STO-23 all fail when SQLite ends the transaction of all, as on a full disk; the next goes on', async () => {
    const { write, kept } = await open();
    const results = await Promise.allSettled([
      write((trx) => insert(trx, 1)),
      write(async (trx) => {
        await trx.raw('rollback');
        throw new Error('the disk is full');
      }),
    ]);
    expect(results.map(reasonOf)).toEqual(Array(2).fill('Error: the disk is full'));
    expect(await kept()).toEqual([]);
    expect(await write((trx) => insert(trx, 2))).toBe(2);
    expect(await kept()).toEqual(['2']);
  });

  it('STO-22 share commits when they write to one tree of a database, and when they do not', async () => {
    const location = fileOf(await bench.migrated());
    const database = await openForTest(location);
    const commits = await commitsOf(location.file);
    await Promise.all(numbers(40).map((n) => database.write((trx) => insert(trx, n), n % 2 === 0 ? 'ana' : undefined)));
    expect(await keptIn(database)).toHaveLength(40);
    expect(await commits()).toBeLessThan(20);
  });
});

interface Stage {
  write<T>(work: (trx: Transaction) => Promise<T>): Promise<T>;
  /** What another connection sees. */
  kept(): Promise<string[]>;
  /** How many commits there were. */
  commits(): Promise<number>;
}

const PARENTS = 'create table parents (id integer primary key)';
const CHILDREN = 'create table children (parent integer references parents (id) deferrable initially deferred)';

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

async function insert(trx: Transaction, n: number): Promise<number> {
  await trx('meta').insert({ key: String(n), value: 'x' });
  return n;
}

async function keptIn(database: Database): Promise<string[]> {
  // The schema notes one of its own.
  return database.read('meta').whereNot({ key: 'changes-begun' }).pluck('key').orderBy('key');
}

function reasonOf(result: PromiseSettledResult<unknown>): string {
  return result.status === 'rejected' ? String(result.reason) : 'kept';
}

function fileOf(location: DatabaseLocation): Extract<DatabaseLocation, { engine: 'sqlite' }> {
  if (location.engine !== 'sqlite') throw new Error('not a file');
  return location;
}

/** Counts the commits from now on: in the write-ahead log, the last page of each bears the size of the database. */
async function commitsOf(file: string): Promise<() => Promise<number>> {
  const before = await commitFrames(`${file}-wal`);
  return async () => (await commitFrames(`${file}-wal`)) - before;
}

/** See https://www.sqlite.org/fileformat2.html#the_write_ahead_log. */
async function commitFrames(file: string): Promise<number> {
  const log = await readFile(file).catch(() => Buffer.alloc(0));
  if (log.length === 0) return 0;
  const [frame, salts] = [24 + log.readUInt32BE(8), log.subarray(16, 24)];
  let count = 0;
  for (let at = 32; at + frame <= log.length; at += frame) {
    if (log.subarray(at + 8, at + 16).equals(salts) && log.readUInt32BE(at + 4) > 0) count += 1;
  }
  return count;
}
