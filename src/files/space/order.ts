import { compareSortKeys, sortKey } from '../../kernel/index.js';
import { longWork, type ListKey, type PageWish, type ReadRow } from '../../platform/index.js';
import { keepsOrder } from './abilities.js';
import type { FileSpace, Node, NodeKey, Stretch } from './file-space.js';

/** How to read a folder in order. */
interface OrderOptions {
  /** Aborting it ends the listing of a space that keeps no order. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Part of a folder of any space in the order of names. A space that keeps no order is listed completely and sorted
 * here, yielding the event loop meanwhile (F-60).
 */
export async function nearestIn(
  space: FileSpace,
  key: NodeKey,
  wish: PageWish,
  { signal }: OrderOptions = {},
): Promise<Stretch> {
  if (keepsOrder(space)) return space.nearest(key, wish);
  const { folder, children, unusable } = await space.list(key, signal === undefined ? {} : { signal });
  const rows = new Nearest<Node>(wish);
  for await (const node of children) {
    rows.add({ key: listKeyOf(node), view: node });
    const pause = longWork.rest();
    if (pause !== undefined) await pause;
  }
  return { folder, rows: rows.found, ...(unusable && { unusable }) };
}

/** The position of a node in the order of its folder. */
export function listKeyOf({ key, name, kind }: Pick<Node, 'key' | 'name' | 'kind'>): ListKey {
  return { at: sortKey(name, kind), id: key };
}

/** Picks, from rows in any order, those of a page and one more, going away from the requested position. */
export function nearest<View>(rows: readonly ReadRow<View>[], wish: PageWish): ReadRow<View>[] {
  const found = new Nearest<View>(wish);
  for (const row of rows) found.add(row);
  return found.found;
}

/** Picks the rows of one page out of many, holding few of them. */
class Nearest<View> {
  readonly #wish: PageWish;
  readonly #sign: 1 | -1;
  #rows: ReadRow<View>[] = [];

  constructor(wish: PageWish) {
    this.#wish = wish;
    this.#sign = wish.from?.towards === 'before' ? -1 : 1;
  }

  add(row: ReadRow<View>): void {
    const { from, limit } = this.#wish;
    if (from !== undefined && this.#sign * comparePlaces(row.key, from.key) <= 0) return;
    this.#rows.push(row);
    if (this.#rows.length > 8 * (limit + 1)) this.#rows = this.found;
  }

  /** The rows of the page among those given so far. */
  get found(): ReadRow<View>[] {
    const { limit } = this.#wish;
    return [...this.#rows].sort((a, b) => this.#sign * comparePlaces(a.key, b.key)).slice(0, limit + 1);
  }
}

/** Compares two positions; ids and keys that are numbers are compared as numbers, however large. */
function comparePlaces(a: ListKey, b: ListKey): number {
  const apart = compareSortKeys(String(a.at), String(b.at));
  if (apart !== 0) return apart;
  return a.id.length - b.id.length || compareSortKeys(a.id, b.id);
}
