import { isFailure, MAX_DEPTH, type ItemId } from '../../kernel/index.js';
import type { Queries } from '../../platform/index.js';
import type { Reached, ReachedHere } from '../access/access.js';
import { idsAlong } from '../places/paths.js';
import type { Folder } from '../records/items.js';
import { receivedNamed } from '../records/root-names.js';
import { findAlong } from '../space/along.js';
import type { Item } from '../space/item.js';
import type { Reach } from './reach.js';

/** What {@link follow} needs: the database, the access check, and what is wanted of what the path leads to. */
export interface Following<T> {
  readonly q: Queries;
  readonly reach: (id: ItemId) => Promise<{ readonly reached: Reached; readonly reach: Reach }>;
  /**
   * Is given the last item that could be reached without asking another cloud, and the rest of the path; undefined: nothing is
   * there.
   */
  readonly end: (reach: Reach, names: readonly string[]) => Promise<T | undefined>;
}

/**
 * Follows a path of names from an item; undefined when there is nothing that the asker has access to. A part of the path
 * within one owner's tree takes one statement, however long it is; a received item begins a new part; another cloud is asked
 * for the rest at once. Throws what {@link Access.ask} throws for the first item.
 */
export async function follow<T>(way: Following<T>, fromId: ItemId, names: readonly string[]): Promise<T | undefined> {
  const isPath = names.length <= MAX_DEPTH && !names.some((name) => /[/\0]/.test(name));
  const { reached, reach } = await way.reach(fromId);
  if (!isPath) return undefined;
  if (names.length === 0 || reached.kind === 'mount') return way.end(reach, names);
  if (reached.lineage.item !== undefined && reached.lineage.item.deleted_at !== null) return undefined;
  const next = await nextStop(way.q, reached, names);
  return next === undefined ? undefined : reachable(() => follow(way, next.id, names.slice(next.steps)));
}

/** Follows the path within one owner's tree, or one step further into a received item. */
async function nextStop(
  q: Queries,
  { scope, lineage }: ReachedHere,
  names: readonly string[],
): Promise<{ readonly id: ItemId; readonly steps: number } | undefined> {
  const { ownerId, topId } = scope;
  const ids = await idsAlong(q, { ownerId, parentId: lineage.id }, names);
  const [last, unmet] = [ids.at(-1), names[ids.length]];
  if (unmet === undefined) return last && { id: last, steps: ids.length };
  // Received items are in the person's own folders and visible to that person only.
  if (topId !== null) return undefined;
  const folder: Folder = { ownerId, parentId: last ?? lineage.id };
  const received = await receivedNamed(q, folder, unmet);
  return received && { id: received, steps: ids.length + 1 };
}

/** The item at the end of a path. */
export async function itemAt(reach: Reach, names: readonly string[]): Promise<Item | undefined> {
  if (names.length === 0) return living(await reach.stat());
  if (await reach.hides(names)) return undefined;
  const found = await reach.call('read', (space, key) => findAlong(space, key, names));
  return found === undefined ? undefined : (await reach.items([found]))[0];
}

/**
 * What `work` finds; undefined when it throws `not-found`, because a share may end or an item go away between two
 * steps.
 */
export async function reachable<T>(work: () => Promise<T | undefined>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (isFailure(error, 'not-found')) return undefined;
    throw error;
  }
}

function living(item: Item): Item | undefined {
  return item.status === 'DELETED' ? undefined : item;
}
