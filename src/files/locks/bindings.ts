import { itemIdOf, type AccountId, type ItemId } from '../../kernel/index.js';
import { placeholders, rowsOf, type Queries, type Transaction } from '../../platform/index.js';
import type { BindingRow } from './lock-row.js';

/** The id of an item and of the folders that contain it, the nearest first; empty for the root. */
export type IdPath = readonly ItemId[];

/** Binding locks of a tree that hold now, on any of these items. */
export async function locksAt(q: Queries, tree: AccountId, ids: readonly ItemId[], now: number): Promise<BindingRow[]> {
  if (ids.length === 0) return [];
  const values = [tree, now, ...ids];
  return rowsOf<BindingRow>(
    q,
    `select * from locks where tree = ? and ends_at >= ? and bound_id in (${placeholders(ids.length)}) order by id`,
    values,
  );
}

/** Ids asked about in one statement. */
const BATCH = 400;

/** {@link locksAt} for any number of items. */
export async function locksAmong(
  q: Queries,
  tree: AccountId,
  ids: readonly ItemId[],
  now: number,
): Promise<BindingRow[]> {
  const found: BindingRow[] = [];
  for (let start = 0; start < ids.length; start += BATCH) {
    found.push(...(await locksAt(q, tree, ids.slice(start, start + BATCH), now)));
  }
  return found;
}

/** Whether there can be a binding lock in a tree, as the row of its account says. */
export async function holdsLocks(q: Queries, tree: AccountId, now: number): Promise<boolean> {
  const row = await q('accounts')
    .where({ id: tree })
    .first<{ locked_until: number | null } | undefined>('locked_until');
  return row?.locked_until !== undefined && row.locked_until !== null && now <= row.locked_until;
}

/** Far more than MAX_DEPTH: a damaged tree must not hang a statement. */
const LIMIT = 200;

/** Walks upwards from each lock, because there are few locks, however much a folder contains. */
const ID_PATHS = `with recursive up(lock_id, id, depth) as (
    select id, bound_id, 0 from locks where tree = ? and ends_at >= ?
    union all
    select up.lock_id, i.parent_id, up.depth + 1 from up join items as i on i.id = up.id
    where i.parent_id is not null and up.depth < ${String(LIMIT)}
  )
  select lock_id, id from up order by depth`;

/** The binding locks of a tree that hold now on this item or below it, each with its path. */
export async function locksIn(
  q: Queries,
  tree: AccountId,
  id: ItemId,
  now: number,
): Promise<{ readonly lock: BindingRow; readonly place: IdPath }[]> {
  const steps = await rowsOf<{ lock_id: number | string; id: number | string }>(q, ID_PATHS, [tree, now]);
  const places = new Map<string, ItemId[]>();
  for (const step of steps) {
    const place = places.get(String(step.lock_id)) ?? [];
    place.push(itemIdOf(step.id));
    places.set(String(step.lock_id), place);
  }
  const inside = [...places].filter(([, place]) => place.includes(id));
  if (inside.length === 0) return [];
  const ids = inside.flatMap(([, place]) => place.slice(0, 1));
  const locks = await locksAt(q, tree, [...new Set(ids)], now);
  return locks.map((lock) => ({ lock, place: places.get(String(lock.id)) ?? [] }));
}

/** Those of the given locks that cover an item: locks on it, and deep locks on folders that contain it. */
export function coveringOf(locks: readonly BindingRow[], place: IdPath): BindingRow[] {
  const [own, ...around] = place;
  return locks.filter((lock) => {
    const id = itemIdOf(lock.bound_id);
    return id === own || (Boolean(lock.is_deep) && around.includes(id));
  });
}

/** The part of a path that an asker may know who has access through this top; null: the root. */
export function seenOf(place: IdPath, topId: ItemId | null): IdPath {
  return topId === null ? place : place.slice(0, place.indexOf(topId) + 1);
}

/** Deletes locks, in the caller's transaction. */
export async function dropLocks(trx: Transaction, locks: readonly BindingRow[]): Promise<void> {
  const ids = locks.map((lock) => lock.id);
  if (ids.length > 0) await trx('locks').whereIn('id', ids).delete();
}

/** Takes every lock of these items away, those of desktops too: the items are gone for good. */
export async function dropLocksOf(trx: Transaction, itemIds: readonly ItemId[]): Promise<void> {
  for (const column of ['item_id', 'bound_id']) await trx('locks').whereIn(column, itemIds).delete();
}

/**
 * Stores in an account's row until when a binding lock in its tree can hold. Under the lock of the tree: the next
 * writer reads it with the row that it has to lock anyway.
 */
export async function noteLockedUntil(trx: Transaction, tree: AccountId): Promise<void> {
  const last = trx('locks').where({ tree }).max('ends_at');
  await trx('accounts').where({ id: tree }).update({ locked_until: last });
}
