import { describe, expect, it } from 'vitest';
import { createMemory, RowMemory } from '../../src/platform/index.js';
import { eachDatabase } from '../support/each-database.js';

describe('a memory of what the database says', () => {
  it('asks once while nothing is committed, and again afterwards', async () => {
    const state = { version: 1, asked: 0 };
    const remember = createMemory({ version: () => state.version });
    const ask = (): Promise<number> => Promise.resolve((state.asked += 1));
    expect([await remember('a', ask), await remember('a', ask), await remember('b', ask)]).toEqual([1, 1, 2]);
    state.version = 2;
    expect([await remember('a', ask), await remember('a', ask)]).toEqual([3, 3]);
  });

  it('does not keep an answer that was read across a commit', async () => {
    const state = { version: 1, asked: 0 };
    const remember = createMemory({ version: () => state.version });
    const answer = await remember('a', () => {
      state.version = 2;
      return Promise.resolve((state.asked += 1));
    });
    expect(answer).toBe(1);
    expect(await remember('a', () => Promise.resolve((state.asked += 1)))).toBe(2);
  });

  it('asks every time where the engine cannot tell', async () => {
    const remember = createMemory({ version: () => undefined });
    let asked = 0;
    const ask = (): Promise<number> => Promise.resolve((asked += 1));
    expect([await remember('a', ask), await remember('a', ask)]).toEqual([1, 2]);
  });
});

describe('a memory of rows', () => {
  it('is the same one while nothing is committed, and holds no more than it may', () => {
    const state = { version: 1 };
    const memory = new RowMemory<number>({ version: () => state.version }, 2);
    memory.open().set('a', 1);
    expect(memory.open().get('a')).toBe(1);
    memory.open().set('b', 2).set('c', 3);
    expect(memory.open().size).toBe(0);
    memory.open().set('a', 1);
    state.version = 2;
    expect(memory.open().size).toBe(0);
  });

  it('takes what was read across a commit into the map of before it', () => {
    const state = { version: 1 };
    const memory = new RowMemory<number>({ version: () => state.version }, 10);
    const before = memory.open();
    state.version = 2;
    const after = memory.open();
    before.set('a', 1);
    expect(after.has('a')).toBe(false);
  });

  it('keeps nothing where the engine cannot tell', () => {
    const memory = new RowMemory<number>({ version: () => undefined }, 10);
    memory.open().set('a', 1);
    expect(memory.open().size).toBe(0);
  });
});

eachDatabase((bench) => {
  describe('the version of the database', () => {
    it('G4 never lets an answer outlive a commit', async () => {
      const database = await bench.open();
      const remember = createMemory(database);
      const ask = async (): Promise<string | undefined> => {
        const row = await database.read('meta').where({ key: 'k' }).first<{ value: string } | undefined>('value');
        return row?.value;
      };
      const seen: (string | undefined)[] = [];
      for (const value of ['1', '2', '3']) {
        await database.write((trx) => trx('meta').insert({ key: 'k', value }).onConflict('key').merge());
        seen.push(await remember('k', ask), await remember('k', ask));
      }
      expect(seen).toEqual(['1', '1', '2', '2', '3', '3']);
    });
  });
});
