import type { ItemId } from '../kernel/index.js';
import type { Item } from './item.js';
import { memberItem } from './local-reach.js';
import type { MemberFolder } from './members.js';
import { mountItem } from './mount-reach.js';
import type { Mount } from './mounts.js';

/** What stands in a person's root without being theirs, in the order of ids. */
export function guestsOf(folders: readonly MemberFolder[], mounts: readonly Mount[]): Item[] {
  const live = mounts.filter(({ top }) => top.status !== 'DELETED');
  return [...folders.map(memberItem), ...live.map(mountItem)].sort((a, b) => compareIds(a.id, b.id));
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
