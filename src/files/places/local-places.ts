import { Failure, invalid, notFound, parseItemId, ROOT_ID, type ItemId } from '../../kernel/index.js';
import type { Queries } from '../../platform/index.js';
import type { NodeKey } from '../space/file-space.js';
import type { ItemRow, Scope } from '../records/item-rows.js';
import { Lineage } from '../records/lineage.js';

/**
 * The lineage of a key in a scope, deleted items included; undefined when the key is unknown, the item lies outside the
 * scope, or the scope's top is deleted: the asker cannot tell which (threat model G8). Ancestors are read now and not
 * remembered (AUT-06); `known` is a lineage that `q` has just read.
 */
export async function lineageOf(q: Queries, scope: Scope, key: NodeKey, known?: Lineage): Promise<Lineage | undefined> {
  const id = readKey(key);
  if (id === undefined) return undefined;
  if (id === ROOT_ID) return scope.topId === null ? Lineage.root : undefined;
  const lineage = known?.id === id ? known : await Lineage.of(q, id);
  return lineage !== undefined && isWithin(lineage, scope) ? lineage : undefined;
}

/** True when a lineage belongs to the scope's owner and leads through its live top. */
export function isWithin(lineage: Lineage, scope: Scope): boolean {
  if (lineage.item?.owner_id !== scope.ownerId) return false;
  return scope.topId === null || lineage.find(scope.topId)?.deleted_at === null;
}

/** The lineage of a live item; throws `not-found` for anything else, including the root. */
export async function liveItem(
  q: Queries,
  scope: Scope,
  key: NodeKey,
  known?: Lineage,
): Promise<{ lineage: Lineage; item: ItemRow }> {
  const lineage = await lineageOf(q, scope, key, known);
  const item = lineage?.item;
  if (lineage === undefined || item?.deleted_at !== null) throw notFound();
  return { lineage, item };
}

/** Throws for the top of a scope, which only the sharing person may change, and for the root (threat model PTH-06). */
export function refuseTop(scope: Scope, key: NodeKey): void {
  if (key === ROOT_ID && scope.topId === null) throw invalid('The root cannot be deleted, renamed or moved.');
  if (key === scope.topId) throw topIsFixed();
}

/** The refusal to change the top of a shared folder. */
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
