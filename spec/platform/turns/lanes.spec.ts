import { describe, expect, it } from 'vitest';
import { askedBy, type Database } from '../../../src/platform/index.js';
import { eachDatabase } from '../../support/each-database.js';

/** How many writes of one asker to one tree wait at most. */
const WAITING = 64;

eachDatabase(({ open }) => {
  describe('writes to one tree', () => {
    async function written(database: Database, who: string, done: string[]): Promise<void> {
      await database.write(async (trx) => {
        await trx('accounts').where({ id: 'ana' }).update({ name: who });
        done.push(who);
      }, 'ana');
    }

    it('DOS-06 of whoever it is shared with, however many, come after one another, and its owner’s between them', async () => {
      const database = await open();
      const done: string[] = [];
      const crowd = askedBy('peer:quill', () =>
        Promise.allSettled(Array.from({ length: 200 }, () => written(database, 'quill', done))),
      );
      await askedBy('person:ana', () => written(database, 'ana', done));
      // One is at work when she comes; the next may have been chosen.
      expect(done.indexOf('ana')).toBeLessThanOrEqual(2);
      const refused = (await crowd).filter(({ status }) => status === 'rejected');
      expect(refused).toHaveLength(200 - WAITING - 1);
      expect(done).toHaveLength(WAITING + 2);
    });
  });
});
