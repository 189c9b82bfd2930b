import { Failure, invalid, notFound, parseItemId, ROOT_ID, type ItemId } from '../kernel/index.js';
import type { Queries } from '../platform/index.js';
import type { NodeKey } from './file-space.js';
import type { ItemRow, Scope } from './item-rows.js';
import { Line } from './line.js';

/**
 * The place of a key in a scope, deleted items included; undefined when it is unknown, lies elsewhere or the scope's top
 * is gone: nobody can tell which (threat model G8). Ancestry is read now, not remembered (AUT-06).
 */
export async function placeOf(q: Queries, scope: Scope, key: NodeKey): Promise<Line | undefined> {
  const id = readKey(key);
  if (id === undefined) return undefined;
  if (id === ROOT_ID) return scope.topId === null ? Line.root : undefined;
  const line = await Line.of(q, id);
  return line !== undefined && isWithin(line, scope) ? line : undefined;
}

/** True when a line belongs to the scope's owner and leads through its live top. */
export function isWithin(line: Line, scope: Scope): boolean {
  if (line.item?.owner_id !== scope.ownerId) return false;
  return scope.topId === null || line.find(scope.topId)?.deleted_at === null;
}

/** The place of a live item; `not-found` for anything else, the root included. */
export async function liveItem(q: Queries, scope: Scope, key: NodeKey): Promise<{ line: Line; item: ItemRow }> {
  const line = await placeOf(q, scope, key);
  const item = line?.item;
  if (line === undefined || item?.deleted_at !== null) throw notFound();
  return { line, item };
}

/** Throws for the top of a scope: it belongs to whoever shared it, the root to nobody (threat model PTH-06). */
export function refuseTop(scope: Scope, key: NodeKey): void {
  if (key === ROOT_ID && scope.topId === null) throw invalid('The root cannot be deleted, renamed or moved.');
  if (key === scope.topId) throw topIsFixed();
}

/** The refusal to change what stands at the top of something shared. */
export function topIsFixed(): Failure {
  return new Failure('forbidden', 'The shared folder itself cannot be deleted, renamed or moved here.');
}

function readKey(key: NodeKey): ItemId | undefined {
  try {
    return parseItemId(key);
  } catch {
    return undefined;
  }
}
