import { unusableCount, type NodeKey, type Unusable, type UnusableWhy } from '../../../files/index.js';
import type { Said } from './wire/said.js';
import { junk } from './wire/propfind.js';
import { namesOf, type ServerRoot } from './wire/paths.js';

/** A resource whose place is known. */
export interface Placed extends Said {
  readonly key: NodeKey;
  readonly name: string;
}

/** So many unusable entries, and a listing is given up. */
const MOST_DROPPED = 1_000;

/**
 * Gathers the usable entries of a listing, in the order of the server. Entries that lie elsewhere, have a name that is none, or
 * come twice are left out and counted (threat model PTH-08); names that we would not give are shown (F-11). A listing with too
 * many unusable entries is given up (F-60).
 */
export class DavIntake {
  readonly children: Placed[] = [];
  /** What was asked about, if it is there. */
  self: Placed | undefined;
  readonly #root: ServerRoot;
  readonly #asked: NodeKey;
  readonly #names = new Set<string>();
  readonly #dropped = new Map<UnusableWhy, number>();

  constructor(root: ServerRoot, asked: NodeKey) {
    this.#root = root;
    this.#asked = asked;
  }

  /** The entries that could not be used. */
  get dropped(): Unusable {
    return Object.fromEntries(this.#dropped);
  }

  /** Whether there were so many of them that the answer was given up. */
  get isGivenUp(): boolean {
    return unusableCount(this.dropped) >= MOST_DROPPED;
  }

  /** Throws `peer-failed` once too many could not be used. */
  take(said: Said | 'absent' | undefined): void {
    if (said === 'absent') return;
    if (said === undefined) return this.drop('shape');
    const named = this.#root.named(said.href, this.#asked);
    if (named === undefined) return this.drop('parent');
    const isSelf = this.self === undefined ? isSame(named.key, this.#asked) : named.key === this.self.key;
    if (isSelf) return this.#takeSelf({ ...said, ...named });
    return this.#takeChild({ ...said, ...named });
  }

  /** Leaves an entry out. */
  drop(why: UnusableWhy): void {
    this.#dropped.set(why, (this.#dropped.get(why) ?? 0) + 1);
    if (this.isGivenUp) throw junk(`${String(MOST_DROPPED)} entries of a listing that cannot be used`);
  }

  #takeSelf(placed: Placed): void {
    if (this.self !== undefined) return this.drop('repeat');
    this.self = placed;
  }

  #takeChild(placed: Placed): void {
    // A slash that is written as an escape would lead to another place.
    if (placed.name.includes('/') || namesOf(placed.key) === undefined) return this.drop('name');
    const name = placed.name.normalize('NFC');
    if (this.#names.has(name)) return this.drop('repeat');
    this.#names.add(name);
    this.children.push({ ...placed, name });
  }
}

function isSame(one: NodeKey, other: NodeKey): boolean {
  return one.normalize('NFC') === other.normalize('NFC');
}
