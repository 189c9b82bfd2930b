import type { AccountId, ItemId } from '../kernel/index.js';
import type { Queries } from '../platform/index.js';
import type { Item } from './item.js';
import { memberItem } from './local-reach.js';
import { memberFoldersOf } from './members.js';
import { mountItem } from './mount-reach.js';
import { mountsOf } from './mounts.js';

/** What stands in a person's root without being theirs, in the order of ids. Asks no other cloud (PEER-03). */
export async function guestsOf(q: Queries, accountId: AccountId, now: number): Promise<Item[]> {
  const folders = await memberFoldersOf(q, accountId, now);
  const mounts = await mountsOf(q, accountId, now);
  return [...folders.map(memberItem), ...mounts.map(mountItem)].sort((a, b) => compareIds(a.id, b.id));
}

/** Joins two listings that are in the order of their ids into one. */
export async function* mergedById(own: AsyncIterable<Item>, guests: readonly Item[]): AsyncGenerator<Item> {
  const waiting = [...guests];
  for await (const item of own) {
    for (let next = waiting[0]; next !== undefined && compareIds(next.id, item.id) < 0; next = waiting[0]) {
      yield next;
      waiting.shift();
    }
    yield item;
  }
  yield* waiting;
}

/** Canonical decimals in the order of their values, however large. */
function compareIds(a: ItemId, b: ItemId): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : Number(a > b);
}
