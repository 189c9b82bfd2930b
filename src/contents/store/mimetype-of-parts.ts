import type { ContentStore, StoredContent } from './content-store.js';
import { sniffMimetype, SNIFF_BYTES } from './mimetype.js';

/**
 * The media type of several contents that are read as one, found in its first bytes (threat model CNT-02). They are read only
 * where the first part is too short to tell. There is at least one.
 */
export async function mimetypeOf(
  store: Pick<ContentStore, 'open'>,
  parts: readonly [StoredContent, ...StoredContent[]],
): Promise<string> {
  const [first] = parts;
  if (parts.length === 1 || first.size > SNIFF_BYTES) return first.mimetype;
  const head: Buffer[] = [];
  let missing = SNIFF_BYTES;
  for (const part of parts.filter(({ size }) => size > 0)) {
    if (missing <= 0) break;
    const isWhole = part.size <= missing;
    const body = await store.open(part, isWhole ? undefined : { start: 0, end: missing - 1 });
    head.push(...((await body.toArray()) as Buffer[]));
    missing -= part.size;
  }
  return sniffMimetype(
    Buffer.concat(head),
    parts.reduce((sum, { size }) => sum + size, 0),
  );
}
