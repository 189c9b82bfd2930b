import { notFound } from '../../kernel/index.js';
import type { PageWish } from '../../platform/index.js';
import type {
  ChangeOptions,
  CopyOptions,
  FileSpace,
  Listing,
  ListOptions,
  Node,
  NodeKey,
  Stretch,
} from './file-space.js';
import type { Whereabouts } from './whereabouts.js';

/**
 * Type guards for methods that not every space has. Each checks the flag and the method: so a wrapper that passes on
 * the flags of the space it wraps claims no more than both of them can do.
 */

/** A space that keeps older versions of its files. */
export interface VersionedSpace extends FileSpace {
  /** Every version of a file, newest first, the current one included. */
  versions(key: NodeKey): Promise<Node[]>;
}

/** A space that makes copies by itself, without the bytes passing through the caller. */
export interface CopyingSpace extends FileSpace {
  /**
   * Copies a file, or a folder with everything live in it, completely or not at all. Copies have version 1, status
   * `NEW` and keys of their own, and keep the times of their contents. Conditions are checked against the source.
   * `into-itself`, `name-taken` and `over-quota` as with other changes; `too-large` for a folder with more in it than
   * the space copies in one step.
   */
  copy(key: NodeKey, to: { parentKey: NodeKey; name?: string }, options?: CopyOptions): Promise<Node>;
}

/** What is remembered of a node that was seen; of a file without its name. */
export type Seen = Pick<Node, 'kind' | 'name' | 'parentKey'>;

/** A space whose {@link FileSpace.stat} asks another cloud, and that remembers the nodes it has seen there. */
export interface RememberingSpace extends FileSpace {
  /** What a node was when it was last seen; undefined: not seen, or too long ago. Sends no request. */
  seen(key: NodeKey): Promise<Seen | undefined>;
  /**
   * A folder and those above it, the nearest first and without the top, as far as they are known without a gap. Sends no
   * request.
   */
  way(key: NodeKey): Promise<readonly FolderOnWay[]>;
}

/** A folder whose place is known without a question. */
export interface FolderOnWay {
  readonly key: NodeKey;
  readonly name: string;
  readonly parentKey: NodeKey;
}

/** A space that follows a path of names by fewer questions than one a name. */
export interface WayfindingSpace extends FileSpace {
  /** What is live at a path of at least one name from a folder; undefined where there is nothing. */
  findAlong(
    fromKey: NodeKey,
    names: readonly string[],
    options?: Pick<ListOptions, 'signal'>,
  ): Promise<Node | undefined>;
  /** Lists what is there, which finds it by the same question. A file answers itself. */
  listAlong(fromKey: NodeKey, names: readonly string[], options?: ListOptions): Promise<Listing | undefined>;
}

/** Bytes that a space holds, and how many more it takes. */
export interface SpaceQuota {
  /** Everything that counts, older versions and the trash too where there are such; undefined: another cloud does not say. */
  readonly used: number | undefined;
  /** Undefined: there is no limit, or none that is told. Never negative. */
  readonly available: number | undefined;
}

/** A space that says how much room there is. */
export interface MeasuredSpace extends FileSpace {
  /** The room around a node: that of whoever owns it. Undefined: another cloud, asked, does not say. */
  quota(key: NodeKey): Promise<SpaceQuota | undefined>;
}

/** A space that reads a folder in the order of names, at a cost that does not depend on how much is in it. */
export interface OrderedSpace extends FileSpace {
  /** The part of a folder that a page needs, ordered by `sortKey` of the kernel, then by key. */
  nearest(key: NodeKey, wish: PageWish): Promise<Stretch>;
}

/** A space in which somebody can say of a content that is there when it was made. */
export interface DatedSpace extends FileSpace {
  /** Says when the content of a file was made, milliseconds: version + 1, nothing else changes. `not-found` for folders. */
  redate(key: NodeKey, contentAt: number, options?: ChangeOptions): Promise<Node>;
}

/** A space that keeps hashes of its contents that were made after they came. */
export interface HashedSpace extends FileSpace {
  /** Keeps them with the current content of a file, which counts as unchanged. `not-found` for folders. */
  keepHashes(key: NodeKey, hashes: string, options?: ChangeOptions): Promise<void>;
}

/** True where hashes that were made later are kept. No space has it that does not. */
export function keepsHashes(space: FileSpace): space is HashedSpace {
  return 'keepHashes' in space;
}

/** A space in another cloud that says what a node is there, for the case that another share shows it too. */
export interface LocatedSpace extends FileSpace {
  /** Where a node lies; undefined for one that is not there. May ask the other cloud. */
  whereabouts(key: NodeKey): Promise<Whereabouts | undefined>;
}

/** A lock that somebody holds here on a file of another cloud, as that cloud is told of it. */
export interface PassedLock {
  /** The holder, and their cloud, as others are shown them. */
  readonly name: string;
  readonly cloud: string;
  /** `webdav:` and the beginning of the lock's token here: tells two locks of one holder apart. */
  readonly mark: string;
  /** Seconds for which it is to hold. */
  readonly seconds: number;
  /** Whether that cloud has said that it keeps the locks of desktops (stacksync-api-v2.md 8). */
  readonly keepsDesk: boolean;
}

/** What another cloud gave for a lock. */
export interface GivenLock {
  /** By which that cloud knows it, for the space alone to read. */
  readonly word: string;
  /** Seconds for which it holds there. */
  readonly seconds: number;
}

/** A space in another cloud in which a file can be locked there, so that its people are told or bound (webdav.md 1.9). */
export interface LockingSpace extends FileSpace {
  /**
   * Locks a file there, for the holder alone. Undefined: that cloud has no such locks, or not for us. Throws `locked` when
   * somebody there holds one, other failures when nobody knows what became of it.
   */
  lock(key: NodeKey, lock: PassedLock): Promise<GivenLock | undefined>;
  /** Starts the time of a lock anew. Undefined: it does not hold there any more. */
  relock(key: NodeKey, word: string, lock: PassedLock): Promise<GivenLock | undefined>;
  /** Gives a lock back; done as well when it does not hold there any more. */
  unlock(key: NodeKey, word: string, lock: PassedLock): Promise<void>;
}

/** True where a lock can be passed on to the cloud that has the file. No space has it that does not. */
export function takesLocks(space: FileSpace): space is LockingSpace {
  return 'lock' in space;
}

/** True where it can be told whether a node is the same as one of another share. No space has it without knowing it. */
export function tellsWhere(space: FileSpace): space is LocatedSpace {
  return 'whereabouts' in space;
}

/** True where a content can be given another time. */
export function keepsTimes(space: FileSpace): space is DatedSpace {
  return space.abilities.times && 'redate' in space;
}

/** True where older versions can be listed, and opened by their number. */
export function keepsVersions(space: FileSpace): space is VersionedSpace {
  return space.abilities.versions && 'versions' in space;
}

/** True where copies are made without the bytes passing through the caller. */
export function copies(space: FileSpace): space is CopyingSpace {
  return space.abilities.copies && 'copy' in space;
}

/** True where the kind of a node that was seen before is known without a request. */
export function remembersKinds(space: FileSpace): space is RememberingSpace {
  return space.abilities.kinds && 'seen' in space;
}

/** True where a path is followed by fewer questions than one a name. */
export function followsPaths(space: FileSpace): space is WayfindingSpace {
  return space.abilities.paths && 'findAlong' in space && 'listAlong' in space;
}

/** True where it is known how much room there is. */
export function knowsQuota(space: FileSpace): space is MeasuredSpace {
  return space.abilities.quota && 'quota' in space;
}

/** True where a folder can be read in the order of names without listing it whole. */
export function keepsOrder(space: FileSpace): space is OrderedSpace {
  return space.abilities.order && 'nearest' in space;
}

/** Every version of a file that its space keeps, newest first: at least the current one. `not-found` for folders. */
export async function historyOf(space: FileSpace, key: NodeKey): Promise<Node[]> {
  if (keepsVersions(space)) return space.versions(key);
  const node = await space.stat(key);
  if (node.kind === 'folder') throw notFound();
  return [node];
}
