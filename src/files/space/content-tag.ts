/** The mimetype of folders (stacksync-api-v2.md 2). */
export const FOLDER_TYPE = 'inode/directory';

/** What an entity tag is made of. */
export interface TaggedContent {
  /** Hex; null for folders, and where only the parts of a content were hashed when it was made. */
  readonly sha256: string | null;
  readonly size: number;
  readonly content_key?: string | null;
}

/** Characters of a hash or key in a tag. */
const SHOWN = 32;

/**
 * A strong entity tag of the content: a rename keeps it, other bytes change it (RFC 9110 8.8.3). Empty for folders. It stays
 * the same when the hash of a joined content becomes known later.
 */
export function etagOf({ sha256, size, content_key: key = null }: TaggedContent): string {
  // Keys are never given twice, so they tell contents apart as hashes do.
  const named = sha256?.slice(0, SHOWN) ?? key?.slice(-SHOWN);
  return named === undefined ? '' : `"${named}-${size.toString(16)}"`;
}
