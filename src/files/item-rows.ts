import { itemIdOf, ROOT_ID, type AccountId, type ItemId } from '../kernel/index.js';
import type { Node, NodeKey, NodeStatus } from './file-space.js';

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
  readonly modified_at: number;
}

/** A row of `items`. */
export interface ItemRow extends VersionRow {
  readonly id: number | string;
  readonly owner_id: AccountId;
  readonly is_folder: boolean | number;
  readonly deleted_at: number | null;
}

/** The part of one owner's tree that a space shows: everything below `topId`, or below the root. */
export interface Scope {
  readonly ownerId: AccountId;
  /** null: the owner's root. */
  readonly topId: ItemId | null;
}

/** The mimetype of folders (stacksync-api-v2.md 2). */
export const FOLDER_TYPE = 'inode/directory';

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
    etag: etagOf(row),
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
    etag: '',
  };
}

/** A strong entity tag of the content: a rename keeps it, other bytes change it (RFC 9110 8.8.3). Empty for folders. */
export function etagOf(content: { readonly sha256: string | null; readonly size: number }): string {
  return content.sha256 === null ? '' : `"${content.sha256.slice(0, 32)}-${content.size.toString(16)}"`;
}
