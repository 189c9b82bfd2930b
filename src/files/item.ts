import type { AccountId, ItemId, Permission } from '../kernel/index.js';
import type { Node } from './file-space.js';

/** A file or folder in one person's whole tree: a node of some space under its local id. */
export interface Item extends Omit<Node, 'key' | 'parentKey'> {
  readonly id: ItemId;
  /** null at root level. */
  readonly parentId: ItemId | null;
  /** What the asker may do with it. */
  readonly permission: Permission;
  /** What stands here in the tree: plain, the top of a folder shared with the asker here, or of a mount. */
  readonly place: 'root' | 'own' | 'member' | 'mount';
  /** True for the top folder of a membership, mount or grant: it cannot be deleted, moved or shared on by the asker. */
  readonly isShareTop: boolean;
  /** The local account that owns it; undefined inside mounts. */
  readonly ownerId: AccountId | undefined;
  /** The incoming share under which it is reached; undefined outside mounts. */
  readonly incomingId: string | undefined;
}

/** What it takes to tell what an item is and whose, without asking another cloud again. */
export type Glance = Pick<Item, 'kind' | 'place' | 'status' | 'ownerId' | 'incomingId' | 'isShareTop' | 'modifiedAt'>;

/** A folder of the tree with its children. */
export interface ItemListing {
  readonly folder: Item;
  readonly children: AsyncIterable<Item>;
}
