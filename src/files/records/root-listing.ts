import { ROOT_ID, type ItemId } from '../../kernel/index.js';
import type { Item } from '../space/item.js';

/** Received items of a folder that are read at a time. */
export const RECEIVED_PAGE = 500;

/**
 * The received items in a person's folder, in the order of ids. Keeps one page at a time in memory, however many there
 * are. `page` answers {@link RECEIVED_PAGE} of them, fewer at the end.
 */
export async function* receivedPages(page: (after: ItemId) => Promise<readonly Item[]>): AsyncGenerator<Item> {
  let after: ItemId = ROOT_ID;
  for (;;) {
    const items = await page(after);
    yield* items;
    const last = items[RECEIVED_PAGE - 1];
    if (last === undefined) return;
    after = last.id;
    // better-sqlite3 answers without yielding: other requests get their turn between pages.
    await new Promise(setImmediate);
  }
}

/** Leaves out items that the other cloud has deleted. */
export async function* livingOf(mounts: AsyncIterable<Item>): AsyncGenerator<Item> {
  for await (const item of mounts) if (item.status !== 'DELETED') yield item;
}

/** Joins two listings that are in the order of their ids into one. */
export async function* mergedById(one: AsyncIterable<Item>, other: AsyncIterable<Item>): AsyncGenerator<Item> {
  const waiting = other[Symbol.asyncIterator]();
  try {
    let next = await waiting.next();
    for await (const item of one) {
      for (; next.done !== true && compareIds(next.value.id, item.id) < 0; next = await waiting.next())
        yield next.value;
      yield item;
    }
    for (; next.done !== true; next = await waiting.next()) yield next.value;
  } finally {
    await waiting.return?.();
  }
}

/** Compares canonical decimals by their value, however large. */
function compareIds(a: ItemId, b: ItemId): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : Number(a > b);
}
