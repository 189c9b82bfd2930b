import type { Readable } from 'node:stream';

/**
 * The name of a node inside one file space: opaque to everyone but the space itself (a row id, a peer's id, a path).
 * Stable while the node lives where it lives; spaces whose keys are paths declare it.
 */
export type NodeKey = string;

/** What last happened to a node, in the storage API's words (stacksync-api-v2.md 2). */
export type NodeStatus = 'NEW' | 'CHANGED' | 'RENAMED' | 'DELETED';

/** A file or folder as its space knows it. */
export interface Node {
  readonly key: NodeKey;
  /** Key of the folder that holds it; null for the root of the space. */
  readonly parentKey: NodeKey | null;
  readonly name: string;
  readonly kind: 'file' | 'folder';
  readonly status: NodeStatus;
  /** From 1, one more per change of any kind. */
  readonly version: number;
  /** Bytes; 0 for folders. */
  readonly size: number;
  /** Adler-32 of the content, unsigned; 0 for folders and empty files. */
  readonly checksum: number;
  readonly mimetype: string;
  /** Milliseconds since the epoch, of the last change. */
  readonly modifiedAt: number;
  /** Strong entity tag of the content, with its quotes (RFC 9110 8.8.3); empty for folders. */
  readonly etag: string;
  /** Only on a space's root that was reached by a grant: what the grant allows now (cloudspaces-interop.md 10.2). */
  readonly shared?: { readonly permission: 'read-only' | 'read-write'; readonly expiresAt: number | undefined };
}

/** One range as a request asks for it, before the size is known (RFC 9110 14.1.2). */
export type RangeRequest =
  | { readonly kind: 'from'; readonly start: number; readonly end: number | undefined }
  | { readonly kind: 'last'; readonly length: number };

/** Preconditions of RFC 9110 13.1; entity tags with their quotes, times in milliseconds. */
export interface Conditions {
  readonly ifMatch?: readonly string[] | '*';
  readonly ifNoneMatch?: readonly string[] | '*';
  readonly ifModifiedSince?: number;
  readonly ifUnmodifiedSince?: number;
  /** An entity tag or a time; when it does not hold the range is ignored. */
  readonly ifRange?: string | number;
}

/** How to open content. */
export interface OpenOptions {
  readonly range?: RangeRequest;
  readonly conditions?: Conditions;
  /** An older version of the file; absent: the current one. */
  readonly version?: number;
  /** Aborting it ends disk and network work within a second (FLW-03). */
  readonly signal?: AbortSignal;
}

/** Content ready to be sent, or the news that the asker's copy is still good. */
export type Opened =
  | {
      readonly outcome: 'content';
      readonly size: number;
      readonly mimetype: string;
      readonly etag: string;
      readonly modifiedAt: number;
      /** Bytes `start` to `end`, both included, when a range was served. */
      readonly range: { readonly start: number; readonly end: number } | undefined;
      /** Exactly the bytes promised; destroyed with an error when it cannot keep the promise, never ended early. */
      readonly body: Readable;
    }
  | { readonly outcome: 'not-modified'; readonly etag: string; readonly modifiedAt: number };

/** Bytes on their way in. */
export interface Content {
  readonly body: Readable;
  /** Bytes announced by the sender, when it did. */
  readonly length?: number;
  /** SHA-256 announced by the sender (RFC 9530), when it did. */
  readonly sha256?: Buffer;
}

/** How to change something. */
export interface ChangeOptions {
  readonly conditions?: Conditions;
  readonly signal?: AbortSignal;
  /** Names this request so that a repeat is answered as the first (stacksync-api-v2.md 4, Idempotency-Key). */
  readonly receipt?: { readonly key: string; readonly digest: string };
}

/** What a space can do beyond the least. */
export interface Abilities {
  readonly versions: boolean;
  readonly conditionalWrites: boolean;
  /** Keys are paths: a move renames the keys of everything below. */
  readonly keysArePaths: boolean;
}

/**
 * Anything that can list, read and write a tree of files: the local one, or one in a foreign cloud behind an adapter.
 *
 * A caller may assume: names were checked with `parseName`; every method throws `Failure` and nothing else;
 * `not-found` covers both missing and outside the space; a refused change changes nothing; an acknowledged change is
 * durable; content is seen whole, old or new, never half. Deleted nodes are found only where a method says so.
 */
export interface FileSpace {
  readonly rootKey: NodeKey;
  readonly abilities: Abilities;
  /** A node, deleted ones included (their status says so). */
  stat(key: NodeKey): Promise<Node>;
  /** A folder with its children, one level, by key order; a file answers itself and no children. */
  list(key: NodeKey, options?: { includeDeleted?: boolean; signal?: AbortSignal }): Promise<Listing>;
  /** The content of a file. `not-found` for folders and deleted files. */
  open(key: NodeKey, options?: OpenOptions): Promise<Opened>;
  /** Makes a file; a live namesake is `invalid` with {@link NAME_TAKEN}. */
  create(parentKey: NodeKey, name: string, content: Content, options?: ChangeOptions): Promise<Node>;
  /** Gives a file new content: version + 1, status `CHANGED`. */
  replace(key: NodeKey, content: Content, options?: ChangeOptions): Promise<Node>;
  /** Makes a folder; a live namesake is `invalid` with {@link FOLDER_EXISTS}. */
  makeFolder(parentKey: NodeKey, name: string, options?: ChangeOptions): Promise<Node>;
  /** Renames, moves or both: version + 1, status `RENAMED`. */
  move(key: NodeKey, to: { parentKey?: NodeKey; name?: string }, options?: ChangeOptions): Promise<Node>;
  /** Deletes, folders with everything below; answers the node with status `DELETED`. */
  remove(key: NodeKey, options?: ChangeOptions): Promise<Node>;
  /** Every version of a file, newest first, the current one included. */
  versions(key: NodeKey): Promise<Node[]>;
  /** What a node was when it was last seen, where {@link stat} would have to ask another cloud; undefined: not seen. */
  seen?(key: NodeKey): Promise<Node['kind'] | undefined>;
}

/** A folder and what it holds. */
export interface Listing {
  readonly folder: Node;
  readonly children: AsyncIterable<Node>;
}

/** The exact sentences that clients of the storage API compare (stacksync-api-v2.md 4, 5). The first ends in a blank. */
export const NAME_TAKEN = 'This name is already used in the same folder. Please use a different one. ';
export const FOLDER_EXISTS = 'Folder already exists.';
