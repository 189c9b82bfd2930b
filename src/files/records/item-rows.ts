import { itemIdOf, ROOT_ID, sortKey, type AccountId, type ItemId } from '../../kernel/index.js';
import { etagOf, FOLDER_TYPE } from '../space/content-tag.js';
import type { Node, NodeKey, NodeStatus } from '../space/file-space.js';

/** What `items` and `item_versions` have in common: one version of a file or folder. */
export interface VersionRow {
  readonly version: number;
  readonly name: string;
  readonly parent_id: number | string | null;
  readonly status: NodeStatus;
  readonly size: number;
  readonly checksum: number;
  readonly mimetype: string;
  readonly content_key: string | null;
  /** Hexadecimal. */
  readonly sha256: string | null;
  /** Further hashes of the content that its sender has shown, see `Content.hashes`. */
  readonly hashes: string | null;
  readonly modified_at: number;
  /** When this content was made; of folders: when something directly in them was changed last, or they were made. */
  readonly content_at: number;
}

/** A file or folder as the table `items` keeps it: its newest version, and what only the item has. */
export interface ItemRow extends VersionRow {
  readonly id: number | string;
  readonly owner_id: AccountId;
  readonly is_folder: boolean | number;
  readonly deleted_at: number | null;
  /** Of a folder: the bytes of the live files in it, at any depth; kept by the change that adds or takes them. 0 for files. */
  readonly below_bytes: number;
  /** Bytes of its older contents, each counted once. */
  readonly old_bytes: number;
  /** When its older versions are to be thinned out next. */
  readonly thin_at: number | null;
  /** Set on the bare row of something that is gone for good. */
  readonly erased_at: number | null;
  readonly created_at: number;
  /** When it was begun beside its place; null for what is at its place. No listing shows it before. */
  readonly staged_at: number | null;
  /** The number of the last change of its tree at it, if it is a folder, or below it; 0 for none. */
  readonly last_change: number;
  /** Always written together with the name, by {@link nameColumns} only. */
  readonly sort_key: string;
  /** Selected only for listings to other clouds: with the number it names the state of a folder (`stateOf`). */
  readonly kept_change?: string | null;
}

/** The columns of {@link ItemRow} that have a default when an item is made. */
export type KeptColumns =
  'deleted_at' | 'below_bytes' | 'old_bytes' | 'thin_at' | 'erased_at' | 'last_change' | 'staged_at';

/**
 * The columns to write when an item, a mount or a membership gets a name: the name, and the key that listings are
 * sorted by. No other function makes them.
 */
export function nameColumns(name: string, kind: Node['kind']): { readonly name: string; readonly sort_key: string } {
  return { name, sort_key: sortKey(name, kind) };
}

/** The part of one owner's tree that a space shows: everything below `topId`, or below the root. */
export interface Scope {
  readonly ownerId: AccountId;
  /** null: the owner's root. */
  readonly topId: ItemId | null;
}

/** The key of a scope's root. */
export function rootKeyOf(scope: Scope): NodeKey {
  return scope.topId ?? ROOT_ID;
}

/** An item as its space shows it. */
export function nodeOf(row: ItemRow, scope: Scope): Node {
  const key = itemIdOf(row.id);
  return {
    key,
    parentKey: key === scope.topId ? null : itemIdOf(row.parent_id ?? ROOT_ID),
    name: row.name,
    kind: row.is_folder ? 'folder' : 'file',
    status: row.status,
    version: row.version,
    size: row.size,
    checksum: row.checksum,
    mimetype: row.mimetype,
    modifiedAt: row.modified_at,
    contentAt: row.content_at,
    hashes: row.hashes ?? undefined,
    createdAt: row.created_at,
    etag: etagOf(row),
    bytesBelow: row.is_folder ? row.below_bytes : undefined,
  };
}

/** The owner's root, which has no row. */
export function rootNode(): Node {
  return {
    key: ROOT_ID,
    parentKey: null,
    name: 'root',
    kind: 'folder',
    status: 'NEW',
    version: 1,
    size: 0,
    checksum: 0,
    mimetype: FOLDER_TYPE,
    modifiedAt: 0,
    contentAt: 0,
    etag: '',
  };
}
