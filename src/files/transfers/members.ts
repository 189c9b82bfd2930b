import { itemIdOf, type ItemId } from '../../kernel/index.js';
import { inPieces, type Database, type Queries, type Transaction } from '../../platform/index.js';
import type { Namer } from '../records/foreign-ids.js';
import type { Item } from '../space/item.js';
import type { Carried } from './carrying.js';

/** Members read from the table at a time. */
const BATCH = 100;

/** Members deleted at a time. */
const PIECE = 500;

/** Above every number that its column takes. */
const BEYOND = 2 ** 31 - 1;

/** Where transfers name items of other clouds: their ids are not given up meanwhile (F-67). */
export const TRAVELLERS: readonly Namer[] = [
  ...['source_id', 'parent_id', 'staged_id', 'item_id'].map((column) => ({ table: 'transfers', column })),
  { table: 'transfer_members', column: 'item_id' },
];

/** An item of the source as it was when it was copied. */
export interface Member {
  /** In the order of copying: each folder before what is in it. */
  readonly number: number;
  readonly id: ItemId;
  readonly kind: Item['kind'];
  readonly version: number;
  /** The tag of the content that was read; empty for folders, and where another cloud gives none. */
  readonly etag: string;
  /** Bytes; undefined where another cloud did not say. */
  readonly size: number | undefined;
  /** Adler-32 as it was listed; 0: not known. */
  readonly checksum: number;
  /** From the top of what is transferred. */
  readonly path: readonly string[];
}

interface MemberRow {
  transfer_id: string;
  number: number;
  item_id: number | string;
  is_folder: boolean | number;
  version: number;
  etag: string;
  size: number | null;
  checksum: number;
  path: string;
}

function memberRows(q: Queries | Transaction) {
  return q<MemberRow>('transfer_members');
}

/** Writes what was read of the source, from this number on. */
export async function addMembers(
  trx: Transaction,
  transferId: string,
  first: number,
  read: readonly Carried[],
): Promise<void> {
  const rows = read.map(({ traveller: { item, path }, etag, size }, at) => ({
    transfer_id: transferId,
    number: first + at,
    item_id: item.id,
    is_folder: item.kind === 'folder',
    version: item.version,
    etag,
    size: size ?? null,
    checksum: item.kind === 'file' && (etag === '' || etag === item.etag) ? item.checksum : 0,
    path: JSON.stringify(path),
  }));
  if (rows.length > 0) await trx('transfer_members').insert(rows);
}

/** Forgets what was read for a transfer, in pieces, since there may be very much. */
export async function forgetMembers(database: Database, transferId: string): Promise<void> {
  const all = { transfer_id: transferId };
  if ((await memberRows(database.read).where(all).first('number')) === undefined) return;
  await inPieces(PIECE, () =>
    database.write((trx) => {
      const some = memberRows(trx).where(all).orderBy('number').limit(PIECE).select('number');
      return memberRows(trx).where(all).whereIn('number', some).delete();
    }),
  );
}

/** Some ended transfers of which something that was read is still there: their process died before it could forget it. */
export async function leftByEnded(q: Queries): Promise<string[]> {
  return q('transfers')
    .whereNotNull('ended_at')
    .whereExists(q('transfer_members').whereRaw('transfer_members.transfer_id = transfers.id'))
    .limit(BATCH)
    .pluck('id');
}

/** What was read, those that are inside before the folders they lie in. A few are in memory at a time. */
export async function* membersBackwards(q: Queries, transferId: string): AsyncGenerator<Member> {
  for (let before = BEYOND; ;) {
    const rows = await memberRows(q)
      .where({ transfer_id: transferId })
      .where('number', '<', before)
      .orderBy('number', 'desc')
      .limit(BATCH)
      .select();
    for (const row of rows) yield memberOf(row);
    const last = rows.at(-1);
    if (last === undefined || rows.length < BATCH) return;
    before = last.number;
  }
}

function memberOf(row: MemberRow): Member {
  return {
    number: row.number,
    id: itemIdOf(row.item_id),
    kind: row.is_folder ? 'folder' : 'file',
    version: row.version,
    etag: row.etag,
    size: row.size ?? undefined,
    checksum: row.checksum,
    path: JSON.parse(row.path) as string[],
  };
}
