import { ROOT_ID, type ItemId, type PersonPrincipal } from '../../kernel/index.js';
import type { Item, ItemListing } from '../../files/index.js';
import type { FileTree } from './services.js';
import { permissionName, sizeWords, timeWords, type TimeWords } from './words.js';

/** One line of a folder's page. */
export interface Entry {
  readonly id: ItemId;
  readonly name: string;
  readonly isFolder: boolean;
  readonly href: string;
  readonly size: string;
  readonly modified: TimeWords;
  /** How the folder came to be here, in a word; empty for plain items. */
  readonly badge: string;
  readonly canChange: boolean;
  readonly canShare: boolean;
  readonly canLeave: boolean;
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
function entryOf(item: Item): Entry {
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
    canShare: isFolder && item.place === 'own',
    canLeave: item.isShareTop,
  };
}

function badgeOf(item: Item): string {
  if (!item.isShareTop) return '';
  const from = item.place === 'mount' ? 'From another cloud' : 'Shared with you';
  return `${from}, ${permissionName(item.permission).toLowerCase()}`;
}

/** Most entries that one page shows. */
const PAGE_SIZE = 1_000;

/** One page of a folder: folders first, then by name; `next` is where the following page begins. */
export async function entriesOf(
  listing: ItemListing,
  skip: number,
): Promise<{ readonly entries: readonly Entry[]; readonly next: number | undefined }> {
  const items: Item[] = [];
  let [index, more] = [0, false];
  for await (const item of listing.children) {
    index += 1;
    if (index <= skip) continue;
    more = items.length === PAGE_SIZE;
    if (more) break;
    items.push(item);
  }
  return { entries: items.sort(byKindAndName).map(entryOf), next: more ? skip + PAGE_SIZE : undefined };
}

const NAMES = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

function byKindAndName(a: Item, b: Item): number {
  if (a.kind !== b.kind) return a.kind === 'folder' ? -1 : 1;
  return NAMES.compare(a.name, b.name);
}

/** The way from the root to an item, the item itself last. */
export async function crumbsOf(tree: FileTree, principal: PersonPrincipal, item: Item): Promise<readonly Crumb[]> {
  const crumbs: Crumb[] = [];
  for (let at = item; at.id !== ROOT_ID;) {
    crumbs.unshift({ name: at.name, href: folderHref(at.id) });
    if (at.parentId === null || at.parentId === ROOT_ID) break;
    at = await tree.stat(principal, at.parentId);
  }
  return [{ name: 'Files', href: '/files' }, ...crumbs];
}
