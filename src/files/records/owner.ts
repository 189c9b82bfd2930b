import type { AccountId, ItemId } from '../../kernel/index.js';
import { rowsOf, written, type Queries, type Transaction } from '../../platform/index.js';
import { Lineage } from './lineage.js';
import { refusal } from '../space/refusals.js';

/** Bytes that an owner's space keeps, whoever wrote them. The three add up to what counts against the quota. */
export interface KeptBytes {
  /** The live files as they are now. */
  readonly current: number;
  /** Older versions of the live files. */
  readonly versions: number;
  /** Deleted files, with their older versions, until they go for good. */
  readonly trash: number;
}

/** The bytes that an owner's files take, and may take. */
export interface Usage extends KeptBytes {
  /** Bytes that all three may take together; undefined: no limit. */
  readonly quota: number | undefined;
  /** Bytes that unfinished uploads have reserved for what will be current files. */
  readonly reserved: number;
}

/** {@link Usage}, and the other values of the account's row, which every change of a tree has to lock anyway. */
export interface TreeState extends Usage {
  /** The last millisecond in which a binding lock in the tree can hold; undefined: there is none. */
  readonly lockedUntil: number | undefined;
}

interface AccountRow {
  id: AccountId;
  quota: number | null;
  used_bytes: number;
  version_bytes: number;
  trash_bytes: number;
  upload_bytes: number;
  locked_until: number | null;
}

const FIGURES = ['quota', 'used_bytes', 'version_bytes', 'trash_bytes', 'upload_bytes', 'locked_until'] as const;

/**
 * Reads the bytes that an owner's files take and may take; `fallback` is the quota of accounts without one of their
 * own.
 */
export async function usageOf(q: Queries, ownerId: AccountId, fallback: number | undefined): Promise<Usage> {
  const { lockedUntil: _locks, ...usage } = await treeState(q, ownerId, fallback);
  return usage;
}

/** {@link usageOf} with what else is in that row. */
export async function treeState(q: Queries, ownerId: AccountId, fallback: number | undefined): Promise<TreeState> {
  const [row] = await rowsOf<AccountRow>(q, USAGE(q), [ownerId]);
  return stateOf(row, fallback);
}

/**
 * Lets one transaction at a time change an account's tree or who may reach it: every write to the tree, its members,
 * mounts and grants takes this lock first and holds it until the commit (threat model AUT-07). On SQLite it is a plain
 * read, because there is only one writer.
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
  const item = (await Lineage.of(q, folderId))?.item;
  return item?.owner_id === ownerId && Boolean(item.is_folder) && item.deleted_at === null;
}

/** {@link lockTree} and {@link treeState} in one statement. */
export async function lockUsage(
  trx: Transaction,
  ownerId: AccountId,
  fallback: number | undefined,
): Promise<TreeState> {
  const [row] = await rowsOf<AccountRow>(trx, LOCK_USAGE(trx), [ownerId]);
  return stateOf(row, fallback);
}

const LOCK_USAGE = written((q) =>
  q('accounts')
    .where({ id: 'x' })
    .forNoKeyUpdate()
    .select(...FIGURES),
);
const USAGE = written((q) =>
  q('accounts')
    .where({ id: 'x' })
    .select(...FIGURES),
);

/** Everything that counts against the quota, bytes. */
export function totalOf({ current, versions, trash }: KeptBytes): number {
  return current + versions + trash;
}

/**
 * Bytes that may still be stored; undefined: no limit. Only current files count here, and what uploads have reserved, because
 * the trash and older versions are deleted when their bytes are needed. Negative when the quota was lowered below that.
 */
export function quotaLeft(usage: Usage): number | undefined {
  return usage.quota === undefined ? undefined : usage.quota - usage.current - usage.reserved;
}

/** Throws `quota` when `growth` more bytes do not fit. A change without growth always fits. */
export function refuseOverQuota(usage: Usage, growth: number): void {
  const left = quotaLeft(usage);
  if (left !== undefined && growth > 0 && growth > left) throw refusal('over-quota');
}

/**
 * Adds to the account's sums, which must equal the sums of its rows; absent fields stay. Negative numbers subtract. `uploads`: bytes
 * that unfinished uploads reserve.
 */
export async function addUsage(
  trx: Transaction,
  ownerId: AccountId,
  growth: Partial<KeptBytes & { readonly uploads: number }>,
): Promise<void> {
  const { current = 0, versions = 0, trash = 0, uploads = 0 } = growth;
  if (current === 0 && versions === 0 && trash === 0 && uploads === 0) return;
  await rowsOf(trx, ADD_USAGE, [current, versions, trash, uploads, ownerId]);
}

/** Written as SQL text and not with the query builder, because every change of a file runs it. */
const ADD_USAGE = `update accounts set used_bytes = used_bytes + ?, version_bytes = version_bytes + ?,
  trash_bytes = trash_bytes + ?, upload_bytes = upload_bytes + ? where id = ?`;

function stateOf(row: Omit<AccountRow, 'id'> | undefined, fallback: number | undefined): TreeState {
  const { used_bytes: current = 0, version_bytes: versions = 0, trash_bytes: trash = 0 } = row ?? {};
  const reserved = row?.upload_bytes ?? 0;
  const lockedUntil = row?.locked_until ?? undefined;
  return { current, versions, trash, reserved, quota: row?.quota ?? fallback, lockedUntil };
}
