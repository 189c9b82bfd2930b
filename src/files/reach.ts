import type { FileSpace, Node, NodeKey } from './file-space.js';
import type { Glance, Item } from './item.js';
import type { Verb } from './standing.js';

/**
 * An item that somebody has reached: the file space it lives in, its key there, and how nodes of that space look in the
 * asker's tree. Local and foreign items differ here and nowhere else.
 */
export interface Reach {
  readonly space: FileSpace;
  readonly key: NodeKey;
  /** Equal for items between which a move is possible. */
  readonly home: string;
  /** True for the top of something shared, and for the root. */
  readonly isTop: boolean;
  /** The item itself, by as few questions as possible. */
  stat(): Promise<Item>;
  /** What is known of it; another cloud is asked only about what was not seen before. */
  glance(): Promise<Glance>;
  /** Runs a call of the space; its refusals become those that the asker may see. */
  call<T>(verb: Verb, work: (space: FileSpace, key: NodeKey) => Promise<T>): Promise<T>;
  /** Nodes of the space as items, in the same order. */
  items(nodes: readonly Node[]): Promise<Item[]>;
  /** {@link items} for a listing of any length; holds a few hundred at a time. */
  stream(nodes: AsyncIterable<Node>): AsyncIterable<Item>;
  /** Told what the space now says of the item itself. */
  noted(node: Node): Promise<void>;
  /** Told that a move gave the node this key. */
  moved(node: Node): Promise<void>;
  /** Told that the node is gone. */
  removed(): Promise<void>;
}
