import type { ItemId } from '../../kernel/index.js';
import type { PageWish, ReadRow } from '../../platform/index.js';
import type { FileSpace, Listing, ListOptions, Node, NodeKey } from '../space/file-space.js';
import type { Glance, Item, TrailStep } from '../space/item.js';
import type { Verb } from '../access/access-check.js';
import type { Unusable } from '../space/unusable.js';

/**
 * An item that an asker has access to: the file space that it lives in, its key there, and how nodes of that space look
 * in the asker's tree. Local and foreign items differ only in the implementations of this interface.
 */
export interface Reach {
  readonly key: NodeKey;
  /** A word that is equal for two items if items can be moved between them. */
  readonly home: string;
  /** The mount behind which it is; undefined for an item of this cloud. */
  readonly mountId: ItemId | undefined;
  /** True for the top of something shared, and for the root. */
  readonly isTop: boolean;
  /** True when received items of the asker appear in it. */
  readonly holdsReceived: boolean;
  /** The item itself, with as few requests as possible. */
  stat(): Promise<Item>;
  /** What is known of it without a request; another cloud is asked only about an item that was not seen before. */
  glance(): Promise<Glance>;
  /**
   * The item and what is above it, the nearest first, by as few questions as possible: to the top of what is shared, to the
   * root, or not as far where more has to be asked for.
   */
  trail(): Promise<TrailStep[]>;
  /** Runs a call of the space; its refusals become those that the asker may see. */
  call<T>(verb: Verb, work: (space: FileSpace, key: NodeKey) => Promise<T>): Promise<T>;
  /** Nodes of the space as items, in the same order. */
  items(nodes: readonly Node[]): Promise<Item[]>;
  /** {@link items} for a listing of any length; keeps a few hundred in memory at a time. */
  stream(nodes: AsyncIterable<Node>): AsyncIterable<Item>;
  /** The folder as the space lists it; stores what the listing tells of the folder. */
  listed(options: ListOptions): Promise<Listing>;
  /**
   * True for a path of names to something that is still on its way to its place in another cloud, or to what is in it. In this
   * cloud a state of its row hides it.
   */
  hides(names: readonly string[]): Promise<boolean>;
  /** Lists what is at a path of names from it, as {@link listed} does; undefined where there is nothing. */
  listedAlong(names: readonly string[], options: ListOptions): Promise<Listing | undefined>;
  /** The part of the folder that a page needs, in the order of names; positions contain ids, not keys. */
  nearest(wish: PageWish, signal: AbortSignal | undefined): Promise<ItemStretch>;
  /** To be called with the item's node after the space has answered it. */
  noted(node: Node): Promise<void>;
  /** To be called after a move, which may have changed the key. */
  moved(node: Node): Promise<void>;
  /** To be called after the node was deleted. */
  removed(): Promise<void>;
}

/** Part of a folder in order, as its asker sees it. */
export interface ItemStretch {
  readonly folder: Item;
  readonly rows: readonly ReadRow<Item>[];
  readonly unusable: Unusable;
}
