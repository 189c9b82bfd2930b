import { MINUTE, type Clock } from '../../../../kernel/index.js';
import type { Node, NodeKey, Unusable } from '../../../../files/index.js';

/** A folder as another cloud listed it. */
export interface ReadListing {
  readonly folder: Node;
  readonly nodes: readonly Node[];
  /** The entries that could not be used. */
  readonly dropped: Unusable;
}

/** A listing that can be requested conditionally. */
export interface KeptListing extends ReadListing {
  /** Its strong entity tag. */
  readonly etag: string;
}

/** The last listings of one share's folders. */
export interface ShareListings {
  find(key: NodeKey): KeptListing | undefined;
  keep(key: NodeKey, listing: KeptListing): void;
  forget(key: NodeKey): void;
}

interface Entry {
  readonly listing: KeptListing;
  /** Bytes of memory, roughly. */
  readonly size: number;
  usedAt: number;
}

/** Most bytes of memory that all of them take. */
const MOST = 16 * 1024 * 1024;

/** How long a listing is kept after it was last asked about, milliseconds. */
export const KEPT_FOR = MINUTE;

/**
 * Caches the last listings of other clouds, so that an unchanged listing need not be sent again. A cached listing is
 * used only after the other cloud has confirmed, to the share's own grant, that it is unchanged. Bounded: the least
 * recently used listing is dropped first; one that takes a quarter of the limit is not cached; and a listing that
 * nobody has asked for is erased within two minutes, in every process, which also covers shares that have ended.
 */
export class KeptListings {
  readonly #clock: Clock;
  readonly #most: number;
  /** The least recently used first. */
  readonly #entries = new Map<string, Entry>();
  #size = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor({ clock, most = MOST }: { readonly clock: Clock; readonly most?: number }) {
    this.#clock = clock;
    this.#most = most;
  }

  /** Bytes of memory that are kept now, roughly. */
  get size(): number {
    return this.#size;
  }

  /** The listings of one share; `share` identifies the share and its grant. */
  of(share: string): ShareListings {
    const name = (key: NodeKey): string => `${share} ${key}`;
    return {
      find: (key) => this.#find(name(key)),
      keep: (key, listing) => this.#keep(name(key), listing),
      forget: (key) => this.#forget(name(key)),
    };
  }

  /** Erases what nobody has asked about for {@link KEPT_FOR}. */
  tidy(): void {
    const until = this.#clock.now() - KEPT_FOR;
    for (const [name, { usedAt }] of this.#entries) if (usedAt <= until) this.#forget(name);
  }

  #find(name: string): KeptListing | undefined {
    const entry = this.#entries.get(name);
    if (entry === undefined) return undefined;
    entry.usedAt = this.#clock.now();
    this.#entries.delete(name);
    this.#entries.set(name, entry);
    return entry.listing;
  }

  #keep(name: string, listing: KeptListing): void {
    this.#forget(name);
    const size = sizeOf(listing);
    if (size > this.#most / 4) return;
    for (const [oldest] of this.#entries) {
      if (this.#size + size <= this.#most) break;
      this.#forget(oldest);
    }
    this.#entries.set(name, { listing, size, usedAt: this.#clock.now() });
    this.#size += size;
    this.#tidySoon();
  }

  #forget(name: string): void {
    this.#size -= this.#entries.get(name)?.size ?? 0;
    this.#entries.delete(name);
  }

  #tidySoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.tidy();
      if (this.#entries.size > 0) this.#tidySoon();
    }, KEPT_FOR).unref();
  }
}

/** Two bytes for each character, and a fixed amount for each object. */
function sizeOf({ folder, nodes }: ReadListing): number {
  return [folder, ...nodes].reduce((sum, { key, name, mimetype, etag }) => {
    return sum + 300 + 2 * (2 * key.length + name.length + mimetype.length + etag.length);
  }, 0);
}
