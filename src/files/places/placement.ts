import { invalid, itemIdOf, MAX_DEPTH, MAX_PATH_BYTES } from '../../kernel/index.js';
import type { Queries } from '../../platform/index.js';
import { refusal, type ChangeReason } from '../space/refusals.js';
import type { ItemRow, Scope } from '../records/item-rows.js';
import { namesake } from '../records/items.js';
import type { Lineage } from '../records/lineage.js';
import { isReceivedName } from '../records/root-names.js';
import { extentOf, type SubtreeExtent } from '../records/subtree.js';

/**
 * Throws unless this is a live folder or the root, into which items can be put. `ofFile`: the reason to give for a
 * file.
 */
export function requireFolder(parent: Lineage | undefined, ofFile: ChangeReason): asserts parent is Lineage {
  if (parent === undefined) throw refusal('parent-missing');
  if (parent.item === undefined) return;
  if (!parent.item.is_folder) throw refusal(ofFile);
  if (parent.item.deleted_at !== null) throw refusal('parent-deleted');
}

/**
 * Throws when the folder has a live item of this name other than `self`. Received items count for the owner only:
 * nobody else may learn of them (G8).
 */
export async function refuseClash(q: Queries, clash: Clash): Promise<void> {
  const { scope, parent, name, self, reason = 'name-taken' } = clash;
  const { ownerId } = scope;
  const found = await namesake(q, { ownerId, parentId: parent.id }, name);
  if (found !== undefined && found.id !== self?.id) throw refusal(reason);
  await refuseReceivedClash(q, clash);
}

/** {@link refuseClash} when it is known that no own item of the folder has this name. */
export async function refuseReceivedClash(q: Queries, { scope, parent, name, reason }: Clash): Promise<void> {
  if (scope.topId !== null || !(await isReceivedName(q, scope.ownerId, parent.id, name))) return;
  throw refusal(reason ?? 'name-taken');
}

/** The name that {@link refuseClash} looks for, and where. */
export interface Clash {
  /** The scope through which the asker has access to the folder. */
  readonly scope: Scope;
  readonly parent: Lineage;
  readonly name: string;
  /** The item that is about to have this name. */
  readonly self?: ItemRow;
  readonly reason?: ChangeReason;
}

/**
 * Throws when a subtree of this extent would be deeper, or have a longer path, than is allowed (threat model PTH-03).
 */
export function refuseTooDeep(parent: Lineage, name: string, reach: SubtreeExtent = { depth: 0, bytes: 0 }): void {
  if (parent.depth + 1 + reach.depth > MAX_DEPTH) {
    throw invalid(`Folders cannot be nested more than ${String(MAX_DEPTH)} levels deep.`);
  }
  if (parent.pathBytes + 1 + Buffer.byteLength(name) + reach.bytes > MAX_PATH_BYTES) {
    throw invalid('The path would be too long.');
  }
}

/**
 * Throws when an item cannot be moved to `parent` as `name`: into itself, onto a name that is taken, or too deep
 * (PTH-03, PTH-06).
 */
export async function refuseMove(
  q: Queries,
  scope: Scope,
  item: ItemRow,
  parent: Lineage,
  name: string,
): Promise<void> {
  if (parent.find(itemIdOf(item.id)) !== undefined) throw refusal('into-itself');
  await refusePlace(q, { scope, parent, name, self: item }, item);
}

/**
 * Throws when an item, or a copy of it with its contents, cannot be put at a place: the name is taken, or it would be
 * too deep (PTH-03).
 */
export async function refusePlace(q: Queries, place: Clash, item: ItemRow): Promise<void> {
  await refuseClash(q, place);
  refuseTooDeep(place.parent, place.name, item.is_folder ? await extentOf(q, itemIdOf(item.id)) : undefined);
}
