import { Failure, type AccountId, type ItemId } from '../kernel/index.js';
import type { Queries, Transaction } from '../platform/index.js';

/** The room that an owner's files take. */
export interface Usage {
  /** Bytes of the live files. */
  readonly used: number;
  /** Bytes they may take; undefined: no limit. */
  readonly quota: number | undefined;
}

interface AccountRow {
  id: AccountId;
  quota: number | null;
  used_bytes: number;
}

/** What an owner's files take and may take; `fallback` is the quota of accounts without their own. */
export async function usageOf(q: Queries, ownerId: AccountId, fallback: number | undefined): Promise<Usage> {
  return usage(await q<AccountRow>('accounts').where({ id: ownerId }).first('quota', 'used_bytes'), fallback);
}

/**
 * Lets one transaction at a time change what an account's tree is or who may reach it, until it commits: every write to
 * the tree, its members, mounts and grants takes this first (threat model AUT-07). SQLite has one writer anyway.
 */
export async function lockTree(trx: Transaction, ownerId: AccountId): Promise<void> {
  await trx<AccountRow>('accounts').where({ id: ownerId }).forNoKeyUpdate().first('id');
}

/** {@link lockTree} for several accounts, always in one order so that two of them never wait for each other. */
export async function lockTrees(trx: Transaction, ownerIds: readonly AccountId[]): Promise<void> {
  for (const ownerId of [...new Set(ownerIds)].sort()) await lockTree(trx, ownerId);
}

/** True while this folder is the account's own and not deleted; under {@link lockTree} it stays so until the commit. */
export async function ownsFolder(q: Queries, ownerId: AccountId, folderId: ItemId): Promise<boolean> {
  const own = { id: folderId, owner_id: ownerId, is_folder: true, deleted_at: null };
  return (await q('items').where(own).first('id')) !== undefined;
}

/** {@link lockTree} and {@link usageOf} in one statement. */
export async function lockUsage(trx: Transaction, ownerId: AccountId, fallback: number | undefined): Promise<Usage> {
  const row = await trx<AccountRow>('accounts').where({ id: ownerId }).forNoKeyUpdate().first('quota', 'used_bytes');
  return usage(row, fallback);
}

/** Bytes that may still come in; undefined: no limit. Negative when the quota was lowered below what is used. */
export function roomOf(usage: Usage): number | undefined {
  return usage.quota === undefined ? undefined : usage.quota - usage.used;
}

/** Throws `quota` when content that takes `growth` more bytes does not fit. Content that does not grow always fits. */
export function refuseOverQuota(usage: Usage, growth: number): void {
  const room = roomOf(usage);
  if (room !== undefined && growth > 0 && growth > room) throw overQuota();
}

/** The refusal in the storage API's words (stacksync-api-v2.md 4). */
export function overQuota(): Failure {
  return new Failure('quota', 'Upload exceeds quota.');
}

/** Keeps the account's sum equal to the sizes of its live files. */
export async function addUsage(trx: Transaction, ownerId: AccountId, growth: number): Promise<void> {
  if (growth !== 0) await trx<AccountRow>('accounts').where({ id: ownerId }).increment('used_bytes', growth);
}

function usage(row: Pick<AccountRow, 'quota' | 'used_bytes'> | undefined, fallback: number | undefined): Usage {
  return { used: row?.used_bytes ?? 0, quota: row?.quota ?? fallback };
}
