import { storageTime, type Principal } from '../../kernel/index.js';
import type { Item } from '../../files/index.js';

/** The metadata object of stacksync-api-v2.md 2; keys that are absent on the wire are undefined. */
export interface Metadata {
  readonly id: number | null;
  readonly parent_id: number | null;
  readonly filename: string;
  readonly is_folder: boolean;
  readonly status: string | null;
  readonly modified_at?: string;
  readonly version: number | null;
  readonly checksum: number | null;
  readonly size: number | null;
  readonly mimetype: string | null;
  readonly is_root?: boolean;
  readonly chunks?: readonly string[];
  /** To grants, of files: the tag of their content, so that both clouds speak of one tag (our extension). */
  readonly etag?: string;
  /** To grants, on their own folder (cloudspaces-interop.md 10.2). */
  readonly permission?: string;
  readonly expires_at?: string;
}

const ROOT: Metadata = {
  id: null,
  parent_id: null,
  filename: 'root',
  is_folder: true,
  status: null,
  version: null,
  checksum: null,
  size: null,
  mimetype: null,
  is_root: true,
};

/** An item as JSON. Nulls are kept: clients read them (stacksync-api-v2.md 2). */
export function metadataOf(item: Item, asker: Principal): Metadata {
  if (item.place === 'root') return ROOT;
  return {
    id: Number(item.id),
    parent_id: item.parentId === null ? null : Number(item.parentId),
    filename: item.name,
    is_folder: item.kind === 'folder',
    status: item.status,
    modified_at: storageTime(item.modifiedAt),
    version: item.version,
    checksum: item.checksum,
    size: item.size,
    mimetype: item.mimetype,
    ...(item.kind === 'folder' ? { is_root: false } : { chunks: [] }),
    ...(asker.kind === 'grant' ? forGrant(item, asker) : {}),
  };
}

function forGrant(item: Item, asker: Principal & { kind: 'grant' }): Partial<Metadata> {
  if (item.kind === 'file') return { etag: item.etag };
  if (item.id !== asker.folderId) return {};
  const { permission, expiresAt } = item.shared ?? asker;
  return { permission, ...(expiresAt === undefined ? {} : { expires_at: storageTime(expiresAt) }) };
}
