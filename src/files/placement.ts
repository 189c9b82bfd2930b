import { invalid, MAX_DEPTH, MAX_PATH_BYTES, notFound, type AccountId, type ItemId } from '../kernel/index.js';
import type { Queries } from '../platform/index.js';
import { NAME_TAKEN } from './file-space.js';
import type { ItemRow, Scope } from './item-rows.js';
import { namesake } from './items.js';
import type { Line } from './line.js';
import { isGuestName } from './root-names.js';
import { reachOf, type Reach } from './subtree.js';

/** The sentences for a target that is no live folder (stacksync-api-v2.md 4, 5). */
export const PARENT_NOT_FOUND = 'Parent not found.';
export const INCORRECT_PARENT = 'Incorrect parent.';
export const PARENT_IS_A_FILE = 'Parent must be a folder, not a file.';
const PARENT_IS_DELETED = 'Parent is deleted.';

/** Throws unless something can be put at this place: a live folder or the root. */
export function requireFolder(parent: Line | undefined, fileSentence: string): asserts parent is Line {
  if (parent === undefined) throw notFound(PARENT_NOT_FOUND);
  if (parent.item === undefined) return;
  if (!parent.item.is_folder) throw invalid(fileSentence);
  if (parent.item.deleted_at !== null) throw invalid(PARENT_IS_DELETED);
}

/** Throws when a live namesake other than `self` stands in the folder; in a root, guests from elsewhere count too. */
export async function refuseClash(q: Queries, clash: Clash): Promise<void> {
  const { ownerId, parent, name, self, sentence = NAME_TAKEN } = clash;
  const found = await namesake(q, { ownerId, parentId: parent.id }, name);
  if (found !== undefined && found.id !== self?.id) throw invalid(sentence);
  if (parent.id === null && (await isGuestName(q, ownerId, name))) throw invalid(sentence);
}

/** What {@link refuseClash} looks for. */
export interface Clash {
  readonly ownerId: AccountId;
  readonly parent: Line;
  readonly name: string;
  /** The item that is about to have this name. */
  readonly self?: ItemRow;
  readonly sentence?: string;
}

/** Throws when something of this reach would lie deeper, or under a longer path, than we keep (threat model PTH-03). */
export function refuseTooDeep(parent: Line, name: string, reach: Reach = { depth: 0, bytes: 0 }): void {
  if (parent.depth + 1 + reach.depth > MAX_DEPTH) {
    throw invalid(`Folders cannot be nested more than ${String(MAX_DEPTH)} levels deep.`);
  }
  if (parent.pathBytes + 1 + Buffer.byteLength(name) + reach.bytes > MAX_PATH_BYTES) {
    throw invalid('The path would be too long.');
  }
}

/** Throws when an item cannot stand under `parent` as `name`: inside itself, a clash, too deep (PTH-03, PTH-06). */
export async function refuseMove(q: Queries, scope: Scope, item: ItemRow, parent: Line, name: string): Promise<void> {
  const id = String(item.id) as ItemId;
  if (parent.find(id) !== undefined) throw invalid('A folder cannot be moved into itself.');
  await refuseClash(q, { ownerId: scope.ownerId, parent, name, self: item });
  refuseTooDeep(parent, name, item.is_folder ? await reachOf(q, id) : undefined);
}
