import { followsPaths } from './abilities.js';
import type { FileSpace, Listing, ListOptions, Node, NodeKey } from './file-space.js';

/** What is live at a path of names from a folder, by as few questions as the space needs; undefined where there is nothing. */
export async function findAlong(
  space: FileSpace,
  fromKey: NodeKey,
  names: readonly string[],
  options: Pick<ListOptions, 'signal'> = {},
): Promise<Node | undefined> {
  if (names.length > 0 && followsPaths(space)) return space.findAlong(fromKey, names, options);
  const node = names.length === 0 ? await space.stat(fromKey) : await findByNames(space, fromKey, names, options);
  return node?.status === 'DELETED' ? undefined : node;
}

/** What is at a path of names, by one question a name; undefined where there is nothing, and for no names. */
export async function findByNames(
  space: Pick<FileSpace, 'find'>,
  fromKey: NodeKey,
  names: readonly string[],
  options: Pick<ListOptions, 'signal'> = {},
): Promise<Node | undefined> {
  let node: Node | undefined;
  for (const name of names) {
    node = await space.find(node?.key ?? fromKey, name, options);
    if (node === undefined) return undefined;
  }
  return node;
}

/** A folder at a path of names, with its children; a file answers itself. Undefined where there is nothing. */
export async function listAlong(
  space: FileSpace,
  fromKey: NodeKey,
  names: readonly string[],
  options: ListOptions = {},
): Promise<Listing | undefined> {
  if (names.length > 0 && followsPaths(space)) return space.listAlong(fromKey, names, options);
  if (names.length === 0) return living(await space.list(fromKey, options));
  const node = await findAlong(space, fromKey, names, options);
  return node === undefined ? undefined : living(await space.list(node.key, options));
}

function living(listing: Listing): Listing | undefined {
  return listing.folder.status === 'DELETED' ? undefined : listing;
}
