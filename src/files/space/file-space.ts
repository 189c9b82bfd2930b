import type { Readable } from 'node:stream';
import type { ReadRow } from '../../platform/index.js';
import type { Unusable } from './unusable.js';

/**
 * The name of a node inside one file space: opaque to everyone but the space itself (a row id, a peer's id, a path).
 * Stable while the node stays where it is; a space whose keys are paths declares that (`Abilities.keysArePaths`).
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
  /** Starts at 1 and grows by one with each change of any kind. */
  readonly version: number;
  /** Bytes; 0 for folders. */
  readonly size: number;
  /** Adler-32 of the content, unsigned; 0 for folders and empty files. */
  readonly checksum: number;
  readonly mimetype: string;
  /** Milliseconds since the epoch, of the last change. */
  readonly modifiedAt: number;
  /**
   * When its content was made, milliseconds: new content sets it to now or to the time that the caller gives; a rename
   * or move does not change it. For folders: when something directly in them was changed last, or they were made. Where another cloud does not tell the two apart:
   * {@link modifiedAt}.
   */
  readonly contentAt: number;
  /** Further hashes of the content, see {@link Content.hashes}; undefined: none is known. */
  readonly hashes?: string | undefined;
  /** When it was made, milliseconds; undefined where another cloud does not say. */
  readonly createdAt?: number | undefined;
  /**
   * Entity tag of the content, with its quotes (RFC 9110 8.8.3); empty for folders. Strong, but where another cloud has no
   * strong one: then it says so itself, and no change can be bound to it.
   */
  readonly etag: string;
  /**
   * Only on folders: the bytes of the live files in it, at any depth, without older versions, what is on its way to its
   * place and what others have there. Undefined where that is not known: at the root of a person's tree, and in other clouds
   * that do not tell it.
   */
  readonly bytesBelow?: number | undefined;
  /**
   * Only on folders of other clouds that tell it: names what is in the folder now, at any depth where that cloud lets its tags
   * climb. Not to be shown as it is.
   */
  readonly folderTag?: string | undefined;
  /**
   * Only on the root of a space that was opened with a grant: what the grant allows now (cloudspaces-interop.md 10.2).
   */
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
  /** The number of an older version, for spaces that keep them; absent: the current one. */
  readonly version?: number;
  /** Aborting it ends disk and network work within a second (FLW-03). */
  readonly signal?: AbortSignal;
}

/** The properties of a content. */
export interface ContentFacts {
  readonly outcome: 'content';
  /** Bytes of the whole content; undefined when another cloud sends it in chunks, so that only its end tells. */
  readonly size: number | undefined;
  readonly mimetype: string;
  /** Empty where another cloud does not say. */
  readonly etag: string;
  /** Undefined where another cloud does not say. */
  readonly modifiedAt: number | undefined;
  /** Whether a range of it can be asked for. */
  readonly takesRanges: boolean;
}

/** The caller's copy is still current (304). */
export interface NotModified {
  readonly outcome: 'not-modified';
  readonly etag: string;
  readonly modifiedAt: number | undefined;
}

/** A content that is ready to be sent. */
export interface OpenedContent extends ContentFacts {
  /** Bytes `start` to `end`, both included, when a range was served. */
  readonly range: { readonly start: number; readonly end: number } | undefined;
  /** Exactly the promised number of bytes; otherwise destroyed with an error, never ended early. */
  readonly body: Readable;
}

/** The result of opening a content. */
export type Opened = OpenedContent | NotModified;

/** What opening a content would say, without its bytes. */
export type Head = ContentFacts | NotModified;

/** How to ask about a whole content, as HEAD does: it ignores ranges (RFC 9110 14.2). */
export type HeadOptions = Omit<OpenOptions, 'range'>;

/** Bytes on their way in. */
export interface Content {
  readonly body: Readable;
  /** Bytes announced by the sender, when it did. */
  readonly length?: number;
  /** SHA-256 announced by the sender (RFC 9530), when it did. */
  readonly sha256?: Buffer;
  /**
   * Further hashes that its sender has announced, as `SHA1:<hex>` with blanks between. Whoever passes them breaks the body when
   * they do not hold.
   */
  readonly hashes?: string;
}

/** How to change something. */
export interface ChangeOptions {
  readonly conditions?: Conditions;
  readonly signal?: AbortSignal;
  /**
   * When the content was made, as the caller says, milliseconds; default for new content: now. Spaces that cannot store
   * it ignore it.
   */
  readonly contentAt?: number;
  /** Names this request, so that a repeat gets the answer of the first one (stacksync-api-v2.md 4, Idempotency-Key). */
  readonly receipt?: { readonly key: string; readonly digest: string };
  /**
   * Lock tokens that came with the request; each counts only for the holder of the lock. Absent: the door knows no
   * tokens, and people are not held up by their own locks. An item under somebody else's lock is refused as `locked` in
   * either case (decisions/0034).
   */
  readonly lockTokens?: readonly string[];
  /**
   * What is made comes to its place later, by a move, and is seen by nobody before; of a move: what is moved makes way for it.
   * Spaces that have no such state ignore it: there the tree hides it by its name (`stagedName`), which it records.
   */
  readonly isStaged?: boolean;
}

/** How to move something. */
export interface MoveOptions extends ChangeOptions {
  /**
   * An item that has the name already is deleted in the same step; folders are never merged. A space that cannot do
   * this (`Abilities.overwrites`) refuses the clash anyway.
   */
  readonly overwrite?: boolean;
}

/** How to copy something. */
export interface CopyOptions extends ChangeOptions {
  /**
   * A file that has the name already gets the content of the copied file, and stays the file that it is: version + 1, status
   * `CHANGED`. Folders take part on neither side. A space that cannot do this (`Abilities.overwrites`) refuses the clash anyway.
   */
  readonly onto?: boolean;
}

/**
 * What a space can do beyond the methods of {@link FileSpace}. Methods that not every space has are called behind the
 * guards in `abilities.ts`.
 */
export interface Abilities {
  /** Older versions of files are kept (`keepsVersions`). */
  readonly versions: boolean;
  /** The kind of a node that was seen before is known without a request (`remembersKinds`). */
  readonly kinds: boolean;
  /** A change can be made conditional on an entity tag. */
  readonly conditionalWrites: boolean;
  /** How many bytes it holds, and may hold, is known (`knowsQuota`). */
  readonly quota: boolean;
  /** A copy is made without its bytes passing through the caller (`copies`). */
  readonly copies: boolean;
  /** In one step a move can replace what stands there (`MoveOptions.overwrite`), and a copy a content (`CopyOptions.onto`). */
  readonly overwrites: boolean;
  /** A folder can be read in the order of names, part by part (`keepsOrder`). */
  readonly order: boolean;
  /** When a content was made can be said of what is there (`keepsTimes`). */
  readonly times: boolean;
  /** A path is followed by fewer questions than one a name (`followsPaths`). */
  readonly paths: boolean;
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
  /** A wrapper declares those that both it and the space that it wraps have. */
  readonly abilities: Abilities;
  /** A node, deleted ones included (their status says so). */
  stat(key: NodeKey): Promise<Node>;
  /** A folder with its children, one level, by key order; a file answers itself and no children. */
  list(key: NodeKey, options?: ListOptions): Promise<Listing>;
  /**
   * The live child of a folder that has this name; undefined when there is none, and in files and deleted folders.
   * `not-found` for a folder that is unknown.
   */
  find(parentKey: NodeKey, name: string, options?: Pick<ListOptions, 'signal'>): Promise<Node | undefined>;
  /** The content of a file. `not-found` for folders and deleted files. */
  open(key: NodeKey, options?: OpenOptions): Promise<Opened>;
  /** Answers and refuses what {@link open} would for the whole content, without reading a byte of it. */
  head(key: NodeKey, options?: HeadOptions): Promise<Head>;
  /** Makes a file; a live namesake is `invalid` for the reason `name-taken`. */
  create(parentKey: NodeKey, name: string, content: Content, options?: ChangeOptions): Promise<Node>;
  /** Gives a file new content: version + 1, status `CHANGED`. */
  replace(key: NodeKey, content: Content, options?: ChangeOptions): Promise<Node>;
  /**
   * Gives the file of this name new content, or makes it where nothing has the name; version 1 tells that it was made.
   * Atomic: conditions are checked against whatever has the name when the content is complete (RFC 9110 13.1). A folder
   * of this name is `invalid` for the reason `name-taken`. A space that asks another cloud in two steps refuses
   * likewise a file that got the name between them, and may answer the repeat of a request that made a file by
   * replacing it with the same content.
   */
  put(parentKey: NodeKey, name: string, content: Content, options?: ChangeOptions): Promise<Node>;
  /** Makes a folder; a live namesake is `invalid` for the reason `folder-exists`. */
  makeFolder(parentKey: NodeKey, name: string, options?: ChangeOptions): Promise<Node>;
  /** Renames, moves or both: version + 1, status `RENAMED`. */
  move(key: NodeKey, to: { parentKey?: NodeKey; name?: string }, options?: MoveOptions): Promise<Node>;
  /** Deletes, folders with everything below; answers the node with status `DELETED`. */
  remove(key: NodeKey, options?: ChangeOptions): Promise<Node>;
}

/** What to list, and how to stop it. */
export interface ListOptions {
  /** Default: only what is not deleted. */
  readonly includeDeleted?: boolean;
  /** Ends the listing. A function makes the signal when it is needed; short listings never call it. */
  readonly signal?: AbortSignal | (() => AbortSignal);
}

/**
 * Part of a folder in the order of names: the live children next to a position, going away from it, and one more than
 * was asked for if there are more (`pageOf` makes a page of them). A file answers itself and no rows.
 */
export interface Stretch {
  readonly folder: Node;
  readonly rows: readonly ReadRow<Node>[];
  /** As in a {@link Listing}, of the whole folder. */
  readonly unusable?: Unusable;
}

/** A folder and its children. */
export interface Listing {
  readonly folder: Node;
  readonly children: AsyncIterable<Node>;
  /** The entries that were left out because they cannot be used (F-11); default: none. */
  readonly unusable?: Unusable;
  /**
   * Names the state of the folder before its children are read: two listings for one asker with equal states are equal
   * to the byte. It tells how often the tree has changed, so do not show it as it is. Default: unknown.
   */
  readonly state?: string | undefined;
}
