import type { ContentStore, StoredContent } from '../contents/index.js';
import { Failure, isFailure } from '../kernel/index.js';
import { isUniqueViolation } from '../platform/index.js';
import type { Content } from './file-space.js';
import { overQuota } from './owner.js';

/** How a content becomes part of the tree. */
export interface Upload<T> {
  readonly content: Content;
  /** Bytes that may come in; undefined: no limit. */
  readonly room: number | undefined;
  readonly signal: AbortSignal | undefined;
  /** The one transaction that names the stored bytes; `kept` false: it had no need of them. */
  readonly commit: (stored: StoredContent) => Promise<{ readonly result: T; readonly kept: boolean }>;
}

/**
 * Steps 2 to 7 of the write path (reliability.md 1): bytes to the disk first, no transaction open meanwhile, then one
 * commit that names them. Bytes that it refuses to name are removed; what a crash leaves is the sweeper's.
 */
export async function upload<T>(contents: ContentStore, { content, room, signal, commit }: Upload<T>): Promise<T> {
  if (room !== undefined && (content.length ?? 0) > Math.max(0, room)) throw overQuota();
  const stored = await store(contents, content, room, signal);
  try {
    const { result, kept } = await commit(stored);
    if (!kept) await discard(contents, stored);
    return result;
  } catch (error) {
    // Any other error may hide a commit that did happen: then a row names the bytes (PG-02).
    if (isFailure(error) || isUniqueViolation(error)) await discard(contents, stored);
    throw error;
  }
}

async function store(
  contents: ContentStore,
  content: Content,
  room: number | undefined,
  signal: AbortSignal | undefined,
): Promise<StoredContent> {
  try {
    return await contents.put(content.body, {
      signal,
      expectedSize: content.length,
      expectedSha256: content.sha256,
      maxSize: room === undefined ? undefined : Math.max(0, room),
      onTooLarge: overQuota,
    });
  } catch (error) {
    if (isFailure(error)) throw error;
    throw new Failure('invalid', 'The upload broke off.', { cause: error });
  }
}

async function discard(contents: ContentStore, stored: StoredContent): Promise<void> {
  // Best effort: the sweeper finds what stays behind.
  await contents.remove(stored.key).catch(() => undefined);
}
