import { createHash } from 'node:crypto';
import type { ContentStore, StoredContent } from '../../contents/index.js';
import { Failure, invalid, isFailure } from '../../kernel/index.js';
import { isUniqueViolation } from '../../platform/index.js';
import type { Content } from './file-space.js';

/** How a content becomes part of the tree. */
export interface Upload<T> {
  readonly content: Content;
  /** Called with the size, announced or received so far, before bytes are stored; throws `quota`. */
  readonly admit: (size: number) => void;
  readonly signal: AbortSignal | undefined;
  /** The one transaction that refers to the stored bytes; `kept` is false when it did not need them. */
  readonly commit: (stored: StoredContent) => Promise<{ readonly result: T; readonly kept: boolean }>;
}

/**
 * Steps 2 to 7 of the write path (reliability.md 1): bytes to the storage first, with no transaction open, then one
 * commit that refers to them. If the commit is refused, the bytes are removed; bytes that a crash leaves behind are
 * removed by the sweeper.
 */
export async function upload<T>(contents: ContentStore, { content, admit, signal, commit }: Upload<T>): Promise<T> {
  admit(content.length ?? 0);
  const stored = await store(contents, { content, admit, signal });
  try {
    const { result, kept } = await commit(stored);
    if (!kept) await discard(contents, stored);
    return result;
  } catch (error) {
    // After any other error the commit may have happened all the same, and a row may refer to the bytes (PG-02).
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
    throw brokenOff(error);
  }
}

/**
 * The SHA-256 of a content, hex, without storing it: for the repeat of an upload that was stored already. Throws
 * `invalid` when it breaks off or is not what was announced.
 */
export async function hashOf({ body, length, sha256 }: Content, signal: AbortSignal | undefined): Promise<string> {
  const hash = createHash('sha256');
  let size = 0;
  try {
    for await (const piece of body as AsyncIterable<Uint8Array>) {
      signal?.throwIfAborted();
      size += piece.length;
      hash.update(piece);
    }
  } catch (error) {
    throw brokenOff(error);
  }
  if (length !== undefined && size !== length) throw invalid('The file is not as long as announced.');
  const digest = hash.digest();
  if (sha256 !== undefined && !digest.equals(sha256)) throw invalid('The checksum does not match.');
  return digest.toString('hex');
}

function brokenOff(error: unknown): Failure {
  return isFailure(error) ? error : new Failure('invalid', 'The upload broke off.', { cause: error });
}

async function discard(contents: ContentStore, stored: StoredContent): Promise<void> {
  if (stored.unkept !== undefined) return;
  // If this fails, the sweeper removes the bytes later.
  await contents.remove(stored.key).catch(() => undefined);
}
