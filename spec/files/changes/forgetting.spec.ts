import { describe, expect, it } from 'vitest';
import { forgetChanges } from '../../../src/files/changes/forgetting.js';
import { changesSince, cursorOf } from '../../../src/files/index.js';
import { DAY, ROOT_ID, type AccountId } from '../../../src/kernel/index.js';
import type { Database } from '../../../src/platform/index.js';
import { eachDatabase } from '../../support/each-database.js';
import { openFilesBench } from '../files-bench.js';

const ANA = { ownerId: 'ana' as AccountId, topId: null };

async function outcomeOf(database: Database, cursor: string): Promise<string> {
  return (await changesSince(database.read, ANA, cursor, 1_000)).outcome;
}

/** The numbers of the changes that are kept of Ana's tree. */
async function kept(database: Database): Promise<number[]> {
  return database.read('changes').where({ tree: 'ana' }).orderBy('number').pluck('number');
}

eachDatabase((bench) => {
  describe('changes', () => {
    it('are kept for thirty days, and the newest of a tree until there is a newer one', async () => {
      const { tree, ana, database, clock } = await openFilesBench(await bench.open());
      const start = await cursorOf(database.read, ana.accountId);
      await tree.makeFolder(ana, ROOT_ID, 'a');
      const first = await cursorOf(database.read, ana.accountId);
      await tree.makeFolder(ana, ROOT_ID, 'b');
      const second = await cursorOf(database.read, ana.accountId);
      clock.advance(30 * DAY - 1);
      expect(await forgetChanges(database, clock.now())).toBe(0);
      expect(await outcomeOf(database, start)).toBe('changes');
      clock.advance(1);
      expect(await forgetChanges(database, clock.now())).toBe(1);
      expect(await forgetChanges(database, clock.now())).toBe(0);
      expect([await outcomeOf(database, start), await outcomeOf(database, first)]).toEqual(['too-old', 'too-old']);
      expect(await outcomeOf(database, second)).toBe('changes');
      await tree.makeFolder(ana, ROOT_ID, 'c');
      clock.advance(30 * DAY);
      expect(await forgetChanges(database, clock.now())).toBe(1);
      expect(await kept(database)).toEqual([3]);
      expect(await outcomeOf(database, second)).toBe('too-old');
    });

    it('are forgotten from the beginning, whatever the clock did meanwhile', async () => {
      const { tree, ana, database, clock } = await openFilesBench(await bench.open());
      await tree.makeFolder(ana, ROOT_ID, 'a');
      clock.advance(-10 * DAY);
      for (const name of ['b', 'c']) await tree.makeFolder(ana, ROOT_ID, name);
      clock.advance(10 * DAY);
      await tree.makeFolder(ana, ROOT_ID, 'd');
      clock.advance(20 * DAY);
      expect(await forgetChanges(database, clock.now())).toBe(3);
      expect(await kept(database)).toEqual([4]);
    });

    it('are at most a hundred thousand of a tree, and some that are not counted yet', async () => {
      const { tree, ana, database, clock } = await openFilesBench(await bench.open());
      await tree.makeFolder(ana, ROOT_ID, 'a');
      const old = await cursorOf(database.read, ana.accountId);
      await database.write(async (trx) => {
        const row = { tree: 'ana', item_id: 1, kind: 'changed', above: '', mark: 'x', due_at: clock.now() + DAY };
        const numbers = [2, 999, 1_000, 1_001, 100_998];
        await trx('changes').insert(numbers.map((number) => ({ ...row, number })));
      });
      await tree.makeFolder(ana, ROOT_ID, 'b');
      expect(await kept(database)).toHaveLength(7);
      await tree.makeFolder(ana, ROOT_ID, 'c');
      expect(await kept(database)).toEqual([1_001, 100_998, 100_999, 101_000]);
      expect(await outcomeOf(database, old)).toBe('too-old');
    });

    it('of somebody who is gone for good are gone', async () => {
      const { tree, trash, ana, bo, database } = await openFilesBench(await bench.open());
      for (const name of ['a', 'b', 'c']) await tree.makeFolder(ana, ROOT_ID, name);
      const last = await cursorOf(database.read, ana.accountId);
      await tree.makeFolder(bo, ROOT_ID, 'his');
      await trash.eraseTree(ana.accountId);
      expect(await database.read('changes').pluck('tree')).toEqual(['bo']);
      expect(await outcomeOf(database, last)).toBe('too-old');
    });
  });
});
