import type { ContentStore, StoredContent } from '../contents/index.js';
import { Failure, isFailure } from '../kernel/index.js';
import { isUniqueViolation } from '../platform/index.js';
import type { Content } from './file-space.js';

/** How a content becomes part of the tree. */
export interface Upload<T> {
  readonly content: Content;
  /** Told the size, announced or so far, before bytes are kept; throws `quota`. */
  readonly admit: (size: number) => void;
  readonly signal: AbortSignal | undefined;
  /** The one transaction that names the stored bytes; `kept` false: it had no need of them. */
  readonly commit: (stored: StoredContent) => Promise<{ readonly result: T; readonly kept: boolean }>;
}

/**
 * Steps 2 to 7 of the write path (reliability.md 1): bytes to the disk first, no transaction open meanwhile, then one
 * commit that names them. Bytes that it refuses to name are removed; what a crash leaves is the sweeper's.
 */
export async function upload<T>(contents: ContentStore, { content, admit, signal, commit }: Upload<T>): Promise<T> {
  admit(content.length ?? 0);
  const stored = await store(contents, { content, admit, signal });
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
  { content, admit, signal }: Omit<Upload<unknown>, 'commit'>,
): Promise<StoredContent> {
  try {
    return await contents.put(content.body, {
      signal,
      expectedSize: content.length,
      expectedSha256: content.sha256,
      admit,
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
