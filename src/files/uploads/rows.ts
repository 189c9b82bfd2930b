import type { StoredContent } from '../../contents/index.js';
import { Failure, notFound, type AccountId } from '../../kernel/index.js';
import type { Queries, Transaction } from '../../platform/index.js';
import { addUsage } from '../records/owner.js';

/** How long an upload waits for its next piece, and a finished one for being asked again, milliseconds. */
const PATIENCE = 24 * 3_600_000;

/** Most pieces of one upload: as many as a content may have parts (storage.md 2). */
const MOST_PARTS = 10_000;

/** A row of the table of uploads. */
export interface UploadRow {
  readonly id: string;
  readonly actor: string;
  readonly owner_id: AccountId;
  readonly target_id: number | string;
  readonly name: string | null;
  readonly is_ordered: boolean | number;
  readonly length: number | null;
  /** Bytes of the content that it replaces: as many need no room. */
  readonly freed: number;
  readonly received: number;
  /** Accepted so far, those that were replaced included: tells whether anything came meanwhile. */
  readonly pieces: number;
  readonly reserved: number;
  readonly expires_at: number;
  readonly item_id: number | string | null;
  readonly version: number | null;
}

/** A row of the table of pieces. */
export interface PartRow {
  readonly upload_id: string;
  readonly number: number;
  readonly content_key: string;
  readonly size: number;
  readonly sha256: string;
  readonly checksum: number;
  readonly mimetype: string;
}

/** The table of uploads, as {@link Queries} or a transaction see it. */
export function uploadRows(q: Queries | Transaction) {
  return q<UploadRow>('uploads');
}

/** The table of their pieces. */
export function partRows(q: Queries | Transaction) {
  return q<PartRow>('upload_parts');
}

/** The pieces of an upload in their order. */
export async function partsOf(q: Queries, id: string): Promise<PartRow[]> {
  return partRows(q).where({ upload_id: id }).orderBy('number');
}

/** When an upload is given up if nothing comes after `now`, milliseconds. */
export function expiryAfter(now: number): number {
  return now + PATIENCE;
}

/** The row of an upload that has not expired; throws `not-found` for all others. */
export async function uploadRow(q: Queries, id: string, now: number): Promise<UploadRow> {
  const row = await uploadRows(q).where({ id }).where('expires_at', '>', now).first();
  if (row === undefined) throw notFound();
  return row;
}

/** {@link uploadRow}, held until the commit. Under the lock of the tree if that is needed too. */
export async function lockUpload(trx: Transaction, id: string, now: number): Promise<UploadRow> {
  const row = await uploadRows(trx).where({ id }).where('expires_at', '>', now).forUpdate().first();
  if (row === undefined) throw notFound();
  return row;
}

/** A stored piece as the facts of its content. */
export function contentOf({ content_key: key, size, sha256, checksum: adler32, mimetype }: PartRow): StoredContent {
  return { key, size, sha256, adler32, mimetype };
}

/** What a piece changes of its upload. */
export interface Accepted {
  readonly number: number;
  readonly stored: StoredContent;
  readonly now: number;
}

/**
 * Writes a piece, in place of the one with its number. Answers the upload as it is then, and the key of the piece that it
 * replaces. Throws `invalid` when there are more bytes than announced, and `too-large` when there are too many pieces.
 */
export async function insertPart(
  trx: Transaction,
  row: UploadRow,
  { number, stored, now }: Accepted,
): Promise<{ readonly row: UploadRow; readonly replaced: string | undefined }> {
  if (number > MOST_PARTS) throw new Failure('too-large', `An upload has at most ${String(MOST_PARTS)} pieces.`);
  const place = { upload_id: row.id, number };
  const old = row.is_ordered ? undefined : await partRows(trx).where(place).first('content_key', 'size');
  const received = row.received - (old?.size ?? 0) + stored.size;
  if (row.length !== null && received > row.length) throw new Failure('invalid', 'The file is longer than announced.');
  const { key: content_key, size, sha256, adler32: checksum, mimetype } = stored;
  if (old !== undefined) await partRows(trx).where(place).delete();
  await partRows(trx).insert({ ...place, content_key, size, sha256, checksum, mimetype });
  const changes = {
    received,
    pieces: row.pieces + 1,
    reserved: reservedFor(row.length ?? received, row.freed),
    expires_at: expiryAfter(now),
  };
  await uploadRows(trx).where({ id: row.id }).update(changes);
  await addUsage(trx, row.owner_id, { uploads: changes.reserved - row.reserved });
  return { row: { ...row, ...changes }, replaced: old?.content_key };
}

/** Bytes that an upload reserves: those that its file grows by. */
export function reservedFor(bytes: number, freed: number): number {
  return Math.max(0, bytes - freed);
}

/** Deletes an upload with its pieces, and gives back what it has reserved; answers the keys of the pieces. */
export async function deleteUpload(trx: Transaction, row: UploadRow): Promise<string[]> {
  const keys: string[] = await partRows(trx).where({ upload_id: row.id }).pluck('content_key');
  await uploadRows(trx).where({ id: row.id }).delete();
  await addUsage(trx, row.owner_id, { uploads: -row.reserved });
  return keys;
}
