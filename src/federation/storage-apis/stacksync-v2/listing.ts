import { unusableCount, type Node, type NodeKey, type Unusable, type UnusableWhy } from '../../../files/index.js';
import { JsonRefusal } from '../../../platform/index.js';
import { readEntry } from './wire.js';

/** What is needed to decide which entries of a listing are accepted. */
export interface ListingRules {
  readonly folderKey: NodeKey;
  readonly rootKey: NodeKey;
  readonly includeDeleted: boolean;
}

/** Most unusable entries of a listing; beyond them it is given up. */
const MOST_DROPPED = 1_000;

/**
 * Takes the entries of a peer's listing one by one, in order. Entries with bad names or other parents, repeats and
 * loops are dropped and counted (threat model PTH-08, ruling F-11); a listing with too many of them is given up (F-60).
 */
export class ListingIntake {
  readonly nodes: Node[] = [];
  readonly #rules: ListingRules;
  readonly #seen: Seen;
  readonly #dropped = new Map<UnusableWhy, number>();

  constructor(rules: ListingRules) {
    this.#rules = rules;
    this.#seen = new Seen(rules);
  }

  /** The entries that could not be used. */
  get dropped(): Unusable {
    return Object.fromEntries(this.#dropped);
  }

  /** True when there were so many unusable entries that the listing was given up. */
  get isGivenUp(): boolean {
    return unusableCount(this.dropped) >= MOST_DROPPED;
  }

  /** Throws `JsonRefusal` once too many could not be used. */
  take(entry: unknown): void {
    const node = readEntry(entry);
    if (typeof node === 'string') return this.#drop(node);
    const why = this.#seen.whyNot(node);
    if (why !== undefined) return this.#drop(why);
    if (node.status === 'DELETED' && !this.#rules.includeDeleted) return;
    this.nodes.push({ ...node, parentKey: this.#rules.folderKey });
  }

  #drop(why: UnusableWhy): void {
    this.#dropped.set(why, (this.#dropped.get(why) ?? 0) + 1);
    if (!this.isGivenUp) return;
    throw new JsonRefusal(`${String(MOST_DROPPED)} entries of the listing cannot be used`);
  }
}

/** The keys and live names that a listing has shown so far. */
class Seen {
  readonly #rules: ListingRules;
  readonly #keys: Set<NodeKey>;
  readonly #names = new Set<string>();

  constructor(rules: ListingRules) {
    this.#rules = rules;
    // A folder that contains itself, or the share, would never end.
    this.#keys = new Set([rules.folderKey, rules.rootKey]);
  }

  /** Why a node cannot be used after those before it; undefined if it can, and then it is remembered. */
  whyNot(node: Node): UnusableWhy | undefined {
    if (!this.#isChild(node)) return 'parent';
    const isLive = node.status !== 'DELETED';
    if (this.#keys.has(node.key) || (isLive && this.#names.has(node.name))) return 'repeat';
    this.#keys.add(node.key);
    if (isLive) this.#names.add(node.name);
    return undefined;
  }

  /** For children of a share's top, some servers give null as the parent, as for the top of the owner's tree. */
  #isChild({ parentKey }: Node): boolean {
    const { folderKey, rootKey } = this.#rules;
    return parentKey === folderKey || (parentKey === null && folderKey === rootKey);
  }
}
