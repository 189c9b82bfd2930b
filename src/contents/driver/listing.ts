import type { Driver } from './driver.js';

/** All keys of a medium, one page at a time. */
export async function* pagesOf(driver: Pick<Driver, 'list'>): AsyncGenerator<readonly string[]> {
  for (let after = ''; ;) {
    const page = await driver.list(after);
    const last = page.at(-1);
    if (last === undefined) return;
    yield page;
    after = last;
  }
}

/** All keys of a medium, one by one. */
export async function* keysOf(driver: Pick<Driver, 'list'>): AsyncGenerator<string> {
  for await (const page of pagesOf(driver)) yield* page;
}

/** Gathers what an iteration yields into arrays of up to `size`. */
export async function* inGroups<T>(source: AsyncIterable<T>, size: number): AsyncGenerator<T[]> {
  let group: T[] = [];
  for await (const each of source) {
    group.push(each);
    if (group.length < size) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}
