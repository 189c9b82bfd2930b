import type { AccountId, ItemId, Permission } from '../../kernel/index.js';
import type { ListPage } from '../../platform/index.js';
import type { Node } from './file-space.js';
import type { Unusable } from './unusable.js';

/** A file or folder in one person's whole tree: a node of some space under its local id. */
export interface Item extends Omit<Node, 'key' | 'parentKey'> {
  readonly id: ItemId;
  /** null at root level. */
  readonly parentId: ItemId | null;
  /** What the asker may do with it. */
  readonly permission: Permission;
  /**
   * What the item is in the tree: the root, an own item, the top of a folder shared by somebody here, or the top of a
   * mount.
   */
  readonly place: 'root' | 'own' | 'member' | 'mount';
  /** True for the top folder of a membership, mount or grant: it cannot be deleted or shared on by the asker, and moved within their own tree only. */
  readonly isShareTop: boolean;
  /** The local account that owns it; undefined inside mounts. */
  readonly ownerId: AccountId | undefined;
  /** The incoming share under which it is reached; undefined outside mounts. */
  readonly incomingId: string | undefined;
}

/** What an item is to its asker, beside what its space knows of it. */
export type ItemView = Omit<Item, Exclude<keyof Node, 'name'>>;

/**
 * A node as its asker sees it. Field by field: a listing makes thousands of these, and an object that is copied with a rest
 * takes ten times as long.
 */
export function itemOf(node: Omit<Node, 'key' | 'parentKey' | 'name' | 'shared'>, view: ItemView): Item {
  return {
    name: view.name,
    kind: node.kind,
    status: node.status,
    version: node.version,
    size: node.size,
    checksum: node.checksum,
    mimetype: node.mimetype,
    modifiedAt: node.modifiedAt,
    contentAt: node.contentAt,
    hashes: node.hashes,
    createdAt: node.createdAt,
    etag: node.etag,
    bytesBelow: node.bytesBelow,
    folderTag: node.folderTag,
    id: view.id,
    parentId: view.parentId,
    permission: view.permission,
    place: view.place,
    isShareTop: view.isShareTop,
    ownerId: view.ownerId,
    incomingId: view.incomingId,
  };
}

/**
 * What the entity tag of an item in another cloud is made of: of a file, its tag there, or what stands for one; of a folder, what
 * that cloud says of it, since only that cloud knows whether anything below has changed.
 */
export function stateAbroad(item: Item): readonly (string | number)[] {
  const { id, kind, etag, version, size, modifiedAt, folderTag } = item;
  if (kind === 'file') return etag === '' ? [id, version, size, modifiedAt] : [etag];
  return [id, version, modifiedAt, ...(folderTag === undefined ? [] : [folderTag])];
}

/** The part of an item that is known without asking another cloud again. */
export type Glance = Pick<Item, 'kind' | 'place' | 'status' | 'ownerId' | 'incomingId' | 'isShareTop' | 'modifiedAt'>;

/** An item on the way to another. */
export type TrailStep = Pick<Item, 'id' | 'name' | 'parentId'>;

/**
 * A page of a folder of the tree, in the order of names. The positions at which it begins and ends are no secrets:
 * anybody may ask for them.
 */
export interface ItemPage extends ListPage<Item> {
  readonly folder: Item;
  /** Counted over the whole folder, as in an {@link ItemListing}. */
  readonly unusable: Unusable;
}

/** A folder of the tree with its children. */
export interface ItemListing {
  readonly folder: Item;
  readonly children: AsyncIterable<Item>;
  /** The entries that another cloud sent and that cannot be used (F-11). */
  readonly unusable: Unusable;
  /** {@link Listing.state} of the space, if it is known. Received items are not covered by it. */
  readonly state: string | undefined;
}
