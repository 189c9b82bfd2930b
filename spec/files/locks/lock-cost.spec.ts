import { expect, it } from 'vitest';
import { MINUTE } from '../../../src/kernel/index.js';
import type { Database } from '../../../src/platform/index.js';
import { sqliteBench } from '../../support/each-database.js';
import { textContent } from '../files-bench.js';
import { openLockBench, wish } from './lock-bench.js';

const bench = sqliteBench();

it('a change asks for locks only while there can be one in the tree: before the bytes and in its transaction', async () => {
  const asked: string[] = [];
  const { locks, tree, ana, bo, budget, diary, plans, clock } = await openLockBench(
    listening(await bench.open(), asked),
  );
  const looks = async (act: () => Promise<unknown>): Promise<number> => {
    asked.length = 0;
    await act();
    return asked.filter((sql) => /\blocks\b/.test(sql)).length;
  };
  const write = () => tree.replace(ana, diary.id, textContent('again'));
  const rename = (name: string) => () => tree.move(ana, diary.id, { name });
  expect([await looks(write), await looks(rename('day'))]).toEqual([0, 0]);
  await locks.take(bo, budget.id, wish('Bo', { seconds: 60 }));
  expect([await looks(write), await looks(rename('week'))]).toEqual([2, 2]);
  expect(await looks(() => tree.makeFolder(ana, plans.id, 'more'))).toBe(1);
  clock.advance(2 * MINUTE);
  expect([await looks(write), await looks(rename('month'))]).toEqual([0, 0]);
});

function listening(database: Database, asked: string[]): Database {
  const listen = ({ sql }: { sql: string }): void => void asked.push(sql);
  database.read.on('query', listen);
  return {
    ...database,
    write: (work, tree) =>
      database.write(async (trx) => {
        trx.on('query', listen);
        return work(trx);
      }, tree),
  };
}
