import type { JoinedContent } from '../../contents/index.js';
import { etagOf, FOLDER_TYPE } from '../space/content-tag.js';
import type { ChangeOptions } from '../space/file-space.js';
import type { ItemRow } from './item-rows.js';

/** A file's content as the columns of its row. */
export type ContentColumns = Pick<ItemRow, 'size' | 'checksum' | 'mimetype' | 'content_key' | 'sha256' | 'hashes'>;

/** The same columns for folders. */
export const NO_CONTENT: ContentColumns = {
  size: 0,
  checksum: 0,
  mimetype: FOLDER_TYPE,
  content_key: null,
  sha256: null,
  hashes: null,
};

/** The columns of a content that was just stored, with what its sender has shown of it. */
export function columnsOf(
  stored: JoinedContent,
  { hashes = null }: { readonly hashes?: string | null },
): ContentColumns {
  const { key, size, sha256, adler32, mimetype } = stored;
  return { size, checksum: adler32, mimetype, content_key: key, sha256, hashes };
}

/** The column `content_at`, if the caller gives the time of the content. */
export function timeOf({ contentAt }: Pick<ChangeOptions, 'contentAt'>): Partial<Pick<ItemRow, 'content_at'>> {
  return contentAt === undefined ? {} : { content_at: contentAt };
}

/** The column `staged_at` of something that is made beside its place. `now`: milliseconds. */
export function stagedOf(
  { isStaged }: Pick<ChangeOptions, 'isStaged'>,
  now: number,
): Partial<Pick<ItemRow, 'staged_at'>> {
  return isStaged === true ? { staged_at: now } : {};
}

/** The validators of the current content, against which conditions are checked (RFC 9110 8.8). */
export function validators(row: ItemRow): { etag: string; modifiedAt: number } {
  return { etag: etagOf(row), modifiedAt: row.modified_at };
}
