import type { Knex } from 'knex';

/** A position in an ordered list, which stays valid when other entries come or go. */
export interface ListKey {
  /** What the list is ordered by: a time in milliseconds, or a name. */
  readonly at: number | string;
  /** Orders entries that are equal in {@link at}. */
  readonly id: string;
}

/** What a list is ordered by: columns that together are an index, in one direction. */
export interface ListOrder {
  readonly at: string;
  readonly id: string;
  readonly direction: 'asc' | 'desc';
  /**
   * True when ids are texts that are compared by bytes, as outside of the database; on PostgreSQL the index must be
   * declared so.
   */
  readonly idsByBytes?: boolean;
}

/** Which part of a list. */
export interface PageWish {
  /** The entries after this position, or before it; absent: the beginning. */
  readonly from?: { readonly key: ListKey; readonly towards: 'before' | 'after' } | undefined;
  readonly limit: number;
}

/** A row of a list: its position, and its view; undefined when the row cannot be read. */
export interface ReadRow<View> {
  readonly key: ListKey;
  readonly view: View | undefined;
}

/** One page of a list, in its order. */
export interface ListPage<View> {
  readonly items: readonly View[];
  /** The ids of entries on this page that could not be read. */
  readonly unreadable: readonly string[];
  /** The positions at which the page before and the page after this one begin; undefined: there is none. */
  readonly before: ListKey | undefined;
  readonly after: ListKey | undefined;
}

/**
 * Narrows a query to the rows of one page and one more, which tells whether there is another page. One statement along
 * an index on (…, at, id), however long the list is. The rows are ordered going away from the requested position.
 */
export function cutPage(rows: Knex.QueryBuilder, order: ListOrder, { from, limit }: PageWish): Knex.QueryBuilder {
  const forwards = order.direction;
  const backwards = forwards === 'asc' ? 'desc' : 'asc';
  const direction = from?.towards === 'before' ? backwards : forwards;
  const { dialect } = rows.client as { readonly dialect: string };
  const id = order.idsByBytes === true && dialect === 'postgresql' ? '?? collate "C"' : '??';
  if (from !== undefined) {
    const values = [order.at, order.id, from.key.at, from.key.id];
    void rows.whereRaw(`(??, ${id}) ${direction === 'asc' ? '>' : '<'} (?, ?)`, values);
  }
  return rows.orderByRaw(`?? ${direction}, ${id} ${direction}`, [order.at, order.id]).limit(limit + 1);
}

/** Reads rows one by one, so that a damaged row does not affect the others (ruling F-83). */
export function readRows<Row, View>(
  rows: readonly Row[],
  keyOf: (row: Row) => ListKey,
  read: (row: Row) => View,
): ReadRow<View>[] {
  return rows.map((row) => ({ key: keyOf(row), view: readable(row, read) }));
}

/** The same rows with their views converted. */
export function viewedAs<View, Other>(rows: readonly ReadRow<View>[], tell: (view: View) => Other): ReadRow<Other>[] {
  return rows.map(({ key, view }) => ({ key, view: view === undefined ? undefined : tell(view) }));
}

/** Makes a page of the rows of {@link cutPage}, which are ordered going away from the requested position. */
export function pageOf<View>(found: readonly ReadRow<View>[], { from, limit }: PageWish): ListPage<View> {
  const backwards = from?.towards === 'before';
  const nearest = found.slice(0, limit);
  const rows = backwards ? nearest.reverse() : nearest;
  const isMore = found.length > limit;
  const hasBefore = backwards ? isMore : from !== undefined;
  return {
    items: rows.flatMap(({ view }) => (view === undefined ? [] : [view])),
    unreadable: rows.filter(({ view }) => view === undefined).map(({ key }) => key.id),
    before: hasBefore ? rows[0]?.key : undefined,
    after: backwards || isMore ? rows.at(-1)?.key : undefined,
  };
}

/** All pages of a list, one after the other. */
export async function* eachPage<View>(
  page: (wish: PageWish) => Promise<ListPage<View>>,
  limit = 500,
): AsyncGenerator<ListPage<View>> {
  for (let from: PageWish['from']; ;) {
    const found = await page({ from, limit });
    yield found;
    if (found.after === undefined) return;
    from = { key: found.after, towards: 'after' };
  }
}

function readable<Row, View>(row: Row, read: (row: Row) => View): View | undefined {
  try {
    return read(row);
  } catch {
    return undefined;
  }
}
