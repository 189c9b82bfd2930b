import { Failure } from '../../../kernel/index.js';
import type { Queries, Transaction } from '../../../platform/index.js';
import type { ByteSpan } from '../../driver/index.js';
import type { ContentRef, JoinedContent, StoredContent } from '../../store/content-store.js';
import { PAGE, type RowEntry } from '../../store/sweep-rows.js';

/** Most parts of one content (storage.md 2). */
const MOST = 10_000;

/** Rows inserted in one statement. */
const AT_ONCE = 100;

/** A row of the table of joined contents. */
export interface JoinedRow extends RowEntry {
  /** Hex; null: not known yet. */
  readonly sha256: string | null;
}

/** A row of the list of their parts. */
interface SegmentRow {
  readonly content_key: string;
  readonly start: number;
  readonly size: number;
  readonly part_key: string;
  readonly sha256: string;
}

/** A part of a joined content, and the byte of the whole at which it begins. */
export interface Segment extends ContentRef {
  readonly start: number;
}

/** The table of joined contents, as {@link Queries} or a transaction see it. */
export function joinedRows(q: Queries | Transaction) {
  return q<JoinedRow>('contents');
}

function segmentRows(q: Queries | Transaction) {
  return q<SegmentRow>('segments');
}

/** Joined contents whose hash nobody knows, the oldest first. */
export async function joinedUnhashed(q: Queries): Promise<JoinedRow[]> {
  return joinedRows(q).whereNull('sha256').whereNull('unnamed_since').orderBy('stored_at').limit(PAGE);
}

/** Writes the rows of a joined content; throws `too-large` when it has more parts than a content may have. */
export async function insertJoined(
  trx: Transaction,
  { key, size, sha256 }: JoinedContent,
  parts: readonly StoredContent[],
  now: number,
): Promise<void> {
  if (parts.length > MOST) throw new Failure('too-large', `A file has at most ${String(MOST)} parts.`);
  await joinedRows(trx).insert({ key, size, sha256, stored_at: now, unnamed_since: null });
  let start = 0;
  const rows = parts.map((part): SegmentRow => {
    const row = { content_key: key, start, size: part.size, part_key: part.key, sha256: part.sha256 };
    start += part.size;
    return row;
  });
  for (let at = 0; at < rows.length; at += AT_ONCE) await segmentRows(trx).insert(rows.slice(at, at + AT_ONCE));
}

/** The parts of a joined content that have bytes in this range, in their order; reads one page at a time. */
export async function* segmentsOf(q: Queries, key: string, { start, end }: ByteSpan): AsyncGenerator<Segment> {
  for (let after = -1; ;) {
    const page: SegmentRow[] = await segmentRows(q)
      .where({ content_key: key })
      .where('start', '>', after)
      .where('start', '<=', end)
      .whereRaw('start + size > ?', [start])
      .orderBy('start')
      .limit(PAGE);
    for (const row of page) yield { key: row.part_key, size: row.size, sha256: row.sha256, start: row.start };
    const last = page[PAGE - 1];
    if (last === undefined) return;
    after = last.start;
  }
}

/** Deletes the rows of a joined content; answers the keys of its parts. */
export async function deleteJoined(trx: Transaction, key: string): Promise<string[]> {
  const parts: string[] = await segmentRows(trx).where({ content_key: key }).distinct().pluck('part_key');
  await joinedRows(trx).where({ key }).delete();
  return parts;
}

/** Those of the keys that are parts of a joined content. */
export async function partsAmong(q: Queries, keys: readonly string[]): Promise<Set<string>> {
  const parts = new Set<string>();
  for (let at = 0; at < keys.length; at += PAGE) {
    const found: string[] = await segmentRows(q)
      .whereIn('part_key', keys.slice(at, at + PAGE))
      .distinct()
      .pluck('part_key');
    for (const key of found) parts.add(key);
  }
  return parts;
}
