import { SECOND, type Clock } from '../../../../kernel/index.js';
import type { NodeKey, Seen } from '../../../../files/index.js';

/** Most nodes that are remembered together: some tens of MiB if all have the longest names. */
const MOST = 100_000;

/** Of one listing no more are remembered: going through a longer one would hold the event loop. */
const MOST_AT_ONCE = 10_000;

/** How long a folder is believed to be where it was seen, milliseconds: others rename and move folders, too. */
const BELIEVED_FOR = 10 * SECOND;

/** A node that was met. */
export type Met = Seen & { readonly key: NodeKey; readonly status?: string };

/** What was met below one shared item. */
export interface SeenBelow {
  /** What this was when it was met last; undefined: it was not, or long ago. */
  of(key: NodeKey): Seen | undefined;
  /** The folder that has just had this name in a folder; undefined: none is known to. */
  named(parentKey: NodeKey, name: string): NodeKey | undefined;
  /** Met these, the last of them last. */
  meet(nodes: readonly Met[]): void;
}

interface Entry extends Seen {
  readonly metAt: number;
}

/**
 * What is known of other clouds' nodes: the storage API asks for files and folders in different places, tells of an item
 * nothing about what is above it, and knows no paths. Keeps those that were met last, so that a cloud that lists without end
 * fills no memory.
 */
export class SeenNodes {
  readonly #clock: Clock;
  readonly #most: number;
  /** The one met longest ago first. */
  readonly #seen = new Map<string, Entry>();
  /** Keys of live folders, by their place. */
  readonly #named = new Map<string, NodeKey>();

  constructor({ clock, most = MOST }: { readonly clock: Clock; readonly most?: number }) {
    this.#clock = clock;
    this.#most = most;
  }

  /** Those below one shared item; `share` names it. */
  below(share: string): SeenBelow {
    return {
      of: (key) => seenOf(this.#seen.get(`${share} ${key}`)),
      named: (parentKey, name) => this.#keyOf(share, parentKey, name),
      meet: (nodes) => {
        for (const node of nodes.slice(-MOST_AT_ONCE)) this.#meet(share, node);
      },
    };
  }

  #keyOf(share: string, parentKey: NodeKey, name: string): NodeKey | undefined {
    const key = this.#named.get(placeOf(share, parentKey, name));
    const entry = key === undefined ? undefined : this.#seen.get(`${share} ${key}`);
    return entry !== undefined && this.#clock.now() - entry.metAt < BELIEVED_FOR ? key : undefined;
  }

  /** A file has nothing below it: who is asked for its name asks for the file. */
  #meet(share: string, { key, kind, name, parentKey, status }: Met): void {
    const at = `${share} ${key}`;
    this.#forget(at);
    this.#seen.set(at, { kind, name: kind === 'file' ? '' : name, parentKey, metAt: this.#clock.now() });
    if (kind === 'folder' && parentKey !== null && status !== 'DELETED') {
      this.#named.set(placeOf(share, parentKey, name), key);
    }
    for (const oldest of this.#seen.keys()) {
      if (this.#seen.size <= this.#most) break;
      this.#forget(oldest);
    }
  }

  #forget(at: string): void {
    const entry = this.#seen.get(at);
    this.#seen.delete(at);
    if (entry === undefined || entry.parentKey === null) return;
    const end = at.lastIndexOf(' ');
    const [share, key] = [at.slice(0, end), at.slice(end + 1)];
    const place = placeOf(share, entry.parentKey, entry.name);
    // Another folder may have got its name meanwhile.
    if (this.#named.get(place) === key) this.#named.delete(place);
  }
}

function placeOf(share: string, parentKey: NodeKey, name: string): string {
  return `${share} ${parentKey}/${name}`;
}

function seenOf(entry: Entry | undefined): Seen | undefined {
  return entry && { kind: entry.kind, name: entry.name, parentKey: entry.parentKey };
}
