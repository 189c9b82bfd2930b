import { DAY, Failure, itemIdOf } from '../kernel/index.js';
import type { Queries, Transaction } from '../platform/index.js';
import type { ItemRow } from './item-rows.js';
import { versionOf } from './items.js';

/** How long a repeat of a request is answered as the first. */
const LIFETIME = DAY;

/** One request as it is remembered: who sent it under which key, and what it asked. */
export interface Receipt {
  /** Whom the key belongs to: two people's equal keys are two. */
  readonly actor: string;
  readonly key: string;
  readonly digest: string;
}

interface ReceiptRow {
  key: string;
  digest: string;
  item_id: number | string;
  version: number;
  expires_at: number;
}

/**
 * The item as the first request with this key was answered; undefined when this one is the first. The same key with
 * another request is a `conflict` (stacksync-api-v2.md 4, Idempotency-Key).
 */
export async function earlierAnswer(q: Queries, receipt: Receipt, now: number): Promise<ItemRow | undefined> {
  const found = await q<ReceiptRow>('receipts')
    .where({ key: storedKey(receipt) })
    .where('expires_at', '>', now)
    .first();
  if (found === undefined) return undefined;
  if (found.digest !== receipt.digest) throw new Failure('conflict', 'This Idempotency-Key names another request.');
  return asOf(q, found);
}

/** Remembers how a request was answered, in the transaction that did what it asked. */
export async function keepReceipt(trx: Transaction, receipt: Receipt, row: ItemRow, now: number): Promise<void> {
  const values = { digest: receipt.digest, item_id: row.id, version: row.version, expires_at: now + LIFETIME };
  await trx('receipts')
    .insert({ key: storedKey(receipt), ...values })
    .onConflict('key')
    .merge(values);
}

/** Forgets up to `limit` receipts that are over; answers how many. */
export async function forgetReceipts(trx: Transaction, now: number, limit: number): Promise<number> {
  const over = trx('receipts').where('expires_at', '<=', now).limit(limit).select('key');
  return trx('receipts').whereIn('key', over).delete();
}

async function asOf(q: Queries, receipt: ReceiptRow): Promise<ItemRow | undefined> {
  const item = await q<ItemRow>('items').where({ id: receipt.item_id }).first();
  if (item === undefined) return undefined;
  const version = await versionOf(q, itemIdOf(item.id), receipt.version);
  return version === undefined ? item : { ...item, ...version };
}

function storedKey(receipt: Receipt): string {
  return `${receipt.actor} ${receipt.key}`;
}
