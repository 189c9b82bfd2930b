import type { ItemId } from '../../kernel/index.js';
import type { Item } from '../space/item.js';

/** How far somebody who keeps a copy of a folder has come. Not to be shown as it is, see `cursorOf`. */
export interface NewsPoint {
  readonly cursor: string;
  /** Only while the first copy is made: members with ids up to this one were told. */
  readonly after?: ItemId;
}

/** What is asked of `FolderNews.since`. */
export interface NewsWish {
  /** undefined: from nothing. */
  readonly point: NewsPoint | undefined;
  /** Whether what lies deeper counts, beside the direct members. */
  readonly isDeep: boolean;
  /** Most items to be told of at once. */
  readonly limit: number;
  /** Ends a listing of another cloud. */
  readonly signal?: (() => AbortSignal) | undefined;
}

/** An item, and the names that lead to it from the folder that was asked about. */
export interface FoundThere {
  readonly item: Item;
  readonly names: readonly string[];
}

/** Names that led from the folder to something, and lead to nothing now. */
export interface GoneFromThere {
  readonly names: readonly string[];
  readonly kind: Item['kind'];
}

/** What `FolderNews.since` answers. */
export type News =
  | {
      readonly outcome: 'news';
      /** What is new or other than before, itself or anything in it. */
      readonly present: readonly FoundThere[];
      readonly gone: readonly GoneFromThere[];
      /** With which to ask next. */
      readonly point: NewsPoint;
      /** There is more to be told at once. */
      readonly hasMore: boolean;
    }
  /** What has changed since the point is not known any more, or is too much to be told: begin from nothing. */
  | { readonly outcome: 'too-old' }
  /** More lies in the folder of another cloud than is kept of it here, so that nothing can be told. */
  | { readonly outcome: 'too-large' };
