import type { Item, ItemListing } from '../../../files/index.js';
import { isFailure, notFound, ROOT_ID, type ItemId } from '../../../kernel/index.js';
import { originForm } from '../../callers/web-origin.js';
import { hrefOf } from '../../../webdav/index.js';
import { parseDavPath, type DavPath } from '../requests/index.js';
import { davRefusal } from './refusals.js';
import type { DavCaller, DavInputs, DavRequest } from './ports.js';

/** Something that is there, and the names that lead to it. */
export interface Resource {
  readonly item: Item;
  /** From the root of the caller down. */
  readonly names: readonly string[];
}

/** Where a path leads: to something, or to a free name in a folder. */
export interface Place {
  readonly path: DavPath;
  readonly found: Resource | undefined;
}

/** A place whose folder is there, so that something can be put there. */
export interface Slot extends Place {
  readonly parent: Resource;
  readonly name: string;
}

/** Follows paths through what a caller can reach. */
export class Places {
  readonly #tree: DavInputs['tree'];

  constructor(tree: DavInputs['tree']) {
    this.#tree = tree;
  }

  /** Where a request leads. Throws `invalid` for what can name nothing here. */
  async of(request: DavRequest): Promise<Place> {
    return this.at(request.caller, targetOf(request));
  }

  /** Where a path leads. */
  async at({ principal, root }: DavCaller, path: DavPath): Promise<Place> {
    const { names } = path;
    const item = await this.#tree.find(principal, root.topId, names);
    return { path, found: item === undefined ? undefined : { item, names } };
  }

  /** A folder that a request names, with what is in it; a file alone. Throws `not-found` when nothing is there. */
  async listed(
    request: DavRequest,
  ): Promise<{ readonly resource: Resource; readonly children: ItemListing['children'] }> {
    const { principal, root } = request.caller;
    const { names } = targetOf(request);
    const listing = await this.#tree.listAt(principal, root.topId, names, { signal: () => request.signal });
    if (listing === undefined) throw notFound();
    return { resource: { item: listing.folder, names }, children: listing.children };
  }

  /** What a request is about. Throws `not-found` when nothing is there. */
  async existing(request: DavRequest): Promise<Resource> {
    const { found } = await this.of(request);
    if (found === undefined) throw notFound();
    return found;
  }

  /** A place with the folder that it is in; for the root there is none. Throws `conflict` when there is no such folder. */
  async slot(caller: DavCaller, place: Place): Promise<Slot> {
    const { names } = place.path;
    const name = names.at(-1);
    if (name === undefined) throw davRefusal('forbidden', 'The root stays where it is.');
    const { found: parent } = await this.at(caller, { names: names.slice(0, -1), endsInSlash: true });
    if (parent?.item.kind !== 'folder') throw davRefusal('conflict', 'There is no such folder to put it into.');
    return { ...place, parent, name };
  }

  /** The address of an item that the caller can reach; undefined when it lies outside what they ask through. */
  async hrefOf({ principal, root }: DavCaller, id: ItemId): Promise<string | undefined> {
    const names: string[] = [];
    let [at, kind]: [ItemId, Item['kind']] = [id, 'folder'];
    try {
      while (at !== root.topId) {
        if (at === ROOT_ID) return undefined;
        const item = await this.#tree.stat(principal, at);
        if (names.length === 0) kind = item.kind;
        names.unshift(item.name);
        at = item.parentId ?? ROOT_ID;
      }
    } catch (error) {
      if (isFailure(error)) return undefined;
      throw error;
    }
    return hrefOf(root.path, names, kind);
  }
}

/** The path that a request names, below the root of its caller. */
function targetOf({ http, caller }: Pick<DavRequest, 'http' | 'caller'>): DavPath {
  const [target = ''] = originForm(http.originalUrl).split('?', 1);
  return parseDavPath(target.slice(caller.root.path.length), caller.root);
}

/** The path that answers name it by, from the root of the host, encoded; a folder's ends in a slash (RFC 4918 5.2). */
export function addressOf({ root }: DavCaller, { item, names }: Resource): string {
  return hrefOf(root.path, names, item.kind);
}

/** A member of a folder. */
export function within(folder: Resource, item: Item): Resource {
  return { item, names: [...folder.names, item.name] };
}
