import type { Node, NodeKey } from '../../../files/index.js';
import { readNode } from './wire.js';

/** Which entries of a listing are believed. */
export interface ListingRules {
  readonly folderKey: NodeKey;
  readonly rootKey: NodeKey;
  readonly includeDeleted: boolean;
}

/**
 * The believable entries of a peer's listing, in its order, read one by one. Bad names, foreign parents, repeats and
 * loops are dropped and counted (threat model PTH-08); `onDropped` hears the count once, at the end, unless it is 0.
 */
export async function* believableChildren(
  entries: readonly unknown[],
  rules: ListingRules,
  onDropped: (count: number) => void,
): AsyncGenerator<Node> {
  const seen = new Seen(rules);
  let dropped = 0;
  for (const entry of entries) {
    const node = readNode(entry);
    if (node === undefined || !seen.admits(node)) dropped += 1;
    else if (node.status !== 'DELETED' || rules.includeDeleted) yield { ...node, parentKey: rules.folderKey };
  }
  if (dropped > 0) onDropped(dropped);
}

/** The keys and live names that a listing has shown so far. */
class Seen {
  readonly #rules: ListingRules;
  readonly #keys: Set<NodeKey>;
  readonly #names = new Set<string>();

  constructor(rules: ListingRules) {
    this.#rules = rules;
    // A folder inside itself, or the share inside itself, would never end.
    this.#keys = new Set([rules.folderKey, rules.rootKey]);
  }

  admits(node: Node): boolean {
    if (!this.#isChild(node) || this.#keys.has(node.key)) return false;
    if (node.status !== 'DELETED' && this.#names.has(node.name)) return false;
    this.#keys.add(node.key);
    if (node.status !== 'DELETED') this.#names.add(node.name);
    return true;
  }

  /** At the top of a share some servers call the parent null, as at the top of the tree that the owner sees. */
  #isChild({ parentKey }: Node): boolean {
    const { folderKey, rootKey } = this.#rules;
    return parentKey === folderKey || (parentKey === null && folderKey === rootKey);
  }
}
