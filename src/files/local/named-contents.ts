import type { Queries } from '../../platform/index.js';

/** Keys asked about in one statement. */
const BATCH = 500;

/** How many contents {@link someContents} takes from each end of the table. */
const SOME = 50;

/** Those of the keys that a version refers to, or an upload that is not finished. */
export async function namedContents(q: Queries, keys: readonly string[]): Promise<Set<string>> {
  const named = new Set<string>();
  for (let start = 0; start < keys.length; start += BATCH) {
    const some = keys.slice(start, start + BATCH);
    // In one statement, because finishing an upload takes names from one table to the other.
    const rows = (await q('item_versions')
      .whereIn('content_key', some)
      .select('content_key')
      .union(q('upload_parts').whereIn('content_key', some).select('content_key'))) as { content_key: string }[];
    for (const row of rows) named.add(row.content_key);
  }
  return named;
}

/**
 * Keys of up to a hundred contents of the storage folder that versions refer to, the oldest and the newest among them; none
 * that is small or in parts.
 * A start checks by them whether storage and database belong together (F-01).
 */
export async function someContents(q: Queries): Promise<string[]> {
  const keys = new Set<string>();
  for (const direction of ['asc', 'desc']) {
    const rows: { content_key: string }[] = await q('item_versions')
      .whereNotNull('content_key')
      .whereNotIn('content_key', q('inline_contents').select('key'))
      .whereNotIn('content_key', q('contents').select('key'))
      .orderBy('modified_at', direction)
      .limit(SOME)
      .select('content_key');
    for (const row of rows) keys.add(row.content_key);
  }
  return [...keys];
}
