import { DAY, Failure, itemIdOf } from '../../kernel/index.js';
import type { Queries, Transaction } from '../../platform/index.js';
import type { ItemRow } from './item-rows.js';
import { itemAt } from './items.js';

/** How long a repeated request gets the answer of the first one, milliseconds. */
const LIFETIME = DAY;

/** One request with an Idempotency-Key: who sent it, the key, and a digest of what it asked. */
export interface Receipt {
  /** Whom the key belongs to: equal keys of two people are different keys. */
  readonly actor: string;
  readonly key: string;
  readonly digest: string;
}

interface ReceiptRow {
  key: string;
  digest: string;
  sha256: string | null;
  item_id: number | string;
  version: number;
  expires_at: number;
}

/** How a request was answered the first time. */
export interface Earlier {
  readonly row: ItemRow;
  /** SHA-256 of what it uploaded, hex; null when it uploaded nothing. */
  readonly sha256: string | null;
}

/**
 * How the first request with this key was answered; undefined when this one is the first. The same key with another
 * request is a `conflict` (stacksync-api-v2.md 4, Idempotency-Key). Whether uploaded bytes are the same is known only
 * after they were read: see {@link refuseOtherContent}.
 */
export async function earlierAnswer(q: Queries, receipt: Receipt, now: number): Promise<Earlier | undefined> {
  const found = await q<ReceiptRow>('receipts')
    .where({ key: storedKey(receipt) })
    .where('expires_at', '>', now)
    .first();
  if (found === undefined) return undefined;
  if (found.digest !== receipt.digest) throw new Failure('conflict', 'This Idempotency-Key names another request.');
  const row = await itemAt(q, itemIdOf(found.item_id), found.version);
  return row === undefined ? undefined : { row, sha256: found.sha256 ?? row.sha256 };
}

/** Stores how a request was answered, in the transaction that did what it asked. */
export async function keepReceipt(trx: Transaction, receipt: Receipt, row: ItemRow, now: number): Promise<void> {
  const { digest } = receipt;
  const values = { digest, sha256: row.sha256, item_id: row.id, version: row.version, expires_at: now + LIFETIME };
  await trx('receipts')
    .insert({ key: storedKey(receipt), ...values })
    .onConflict('key')
    .merge(values);
}

/** Deletes up to `limit` expired receipts; answers how many. */
export async function forgetReceipts(trx: Transaction, now: number, limit: number): Promise<number> {
  const over = trx('receipts').where('expires_at', '<=', now).limit(limit).select('key');
  return trx('receipts').whereIn('key', over).delete();
}

function storedKey(receipt: Receipt): string {
  return `${receipt.actor} ${receipt.key}`;
}
