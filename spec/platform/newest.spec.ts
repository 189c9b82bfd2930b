import { expect, it } from 'vitest';
import { keepNewest } from '../../src/platform/index.js';

it('a memory of the newest gives up the one that was kept longest ago', () => {
  const map = new Map<string, number>();
  for (const key of ['a', 'b', 'c', 'a', 'd']) keepNewest(map, key, map.size, 3);
  expect([...map.keys()]).toEqual(['c', 'a', 'd']);
  keepNewest(map, 'c', 7, 3);
  expect([...map]).toEqual([
    ['a', 3],
    ['d', 3],
    ['c', 7],
  ]);
});
