import { ROOT_ID, type Fields, type ItemId, type PersonPrincipal } from '../../../kernel/index.js';
import type { Item, ItemPage, Tree } from '../../../files/index.js';
import type { PageWish } from '../../../platform/index.js';
import { BY_ORDER, pageWishOf } from '../frame/pager.js';
import { permissionName, sizeWords, timeWords, type TimeWords } from '../frame/words.js';

/** One line of a folder's page. */
export interface FolderEntry {
  readonly id: ItemId;
  readonly name: string;
  readonly isFolder: boolean;
  readonly href: string;
  readonly size: string;
  readonly modified: TimeWords;
  /** How the folder came to be here, in a word; empty for plain items. */
  readonly badge: string;
  readonly canChange: boolean;
  /**
   * True when it can be renamed or moved: within its own space or, for a received item, among the person's own folders.
   */
  readonly canPlace: boolean;
  readonly canShare: boolean;
  readonly canLeave: boolean;
  /** A program holds a lock on it, or on a folder around it. */
  readonly isLocked: boolean;
}

/** One step of the way from the root to here. */
export interface Crumb {
  readonly name: string;
  readonly href: string;
}

/** The address of a folder's page. */
export function folderHref(id: ItemId | null): string {
  return id === null || id === ROOT_ID ? '/files' : `/files/folder/${id}`;
}

/** The address of a file's content. */
export function contentHref(id: ItemId): string {
  return `/files/${id}/data`;
}

/** What a folder's page shows of an item. */
function entryOf(item: Item, isLocked: boolean): FolderEntry {
  const isFolder = item.kind === 'folder';
  return {
    id: item.id,
    name: item.name,
    isFolder,
    href: isFolder ? folderHref(item.id) : contentHref(item.id),
    size: isFolder ? '' : sizeWords(item.size),
    modified: timeWords(item.modifiedAt),
    badge: badgeOf(item),
    canChange: item.permission === 'read-write' && !item.isShareTop,
    canPlace: item.permission === 'read-write' || item.isShareTop,
    canShare: isFolder && item.place === 'own',
    canLeave: item.isShareTop,
    isLocked,
  };
}

function badgeOf(item: Item): string {
  if (!item.isShareTop) return '';
  const from = item.place === 'mount' ? 'From another cloud' : 'Shared with you';
  return `${from}, ${permissionName(item.permission).toLowerCase()}`;
}

/** Entries on one page of a folder. */
const ROWS = 100;

/** The page of a folder that the address asks for; the first one for an invalid position. */
export function folderWishOf(query: Fields): PageWish {
  const { from } = pageWishOf(query, BY_ORDER);
  const isPlace = from !== undefined && /^\d{1,18}$/.test(from.key.id);
  return { from: isPlace ? from : undefined, limit: ROWS };
}

/** What a folder's page shows of the items on it; `locked`: the ids of those that programs have locked. */
export function entriesOf(
  { items }: Pick<ItemPage, 'items'>,
  locked: Pick<ReadonlySet<ItemId>, 'has'> = new Set(),
): readonly FolderEntry[] {
  return items.map((item) => entryOf(item, locked.has(item.id)));
}

/** The way from the root to an item, the item itself last. */
export async function crumbsOf(
  tree: Pick<Tree, 'trail'>,
  principal: PersonPrincipal,
  item: Item,
): Promise<readonly Crumb[]> {
  const steps = item.id === ROOT_ID ? [] : await tree.trail(principal, item);
  return [{ name: 'Files', href: '/files' }, ...steps.map(({ id, name }) => ({ name, href: folderHref(id) }))];
}
