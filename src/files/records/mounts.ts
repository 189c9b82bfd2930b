import type { Knex } from 'knex';
import { itemIdOf, tameName, type AccountId, type ItemId, type Permission } from '../../kernel/index.js';
import { askedBy, rowsOf, written, type Database, type Queries, type Transaction } from '../../platform/index.js';
import type { Node, NodeKey, NodeStatus } from '../space/file-space.js';
import { nameColumns } from './item-rows.js';
import { noteChange, type ChangeKind } from '../changes/note.js';
import { forgetMount } from './foreign-ids.js';
import { newId } from './item-ids.js';
import { FOLDER_TYPE } from '../space/content-tag.js';
import type { Folder } from './items.js';
import { idsUpwards } from './lineage.js';
import { lossesOf, type ListingLoss } from './listing-losses.js';
import { lockTree } from './owner.js';
import { RECEIVED_PAGE } from './root-listing.js';
import { freeRootName } from './root-names.js';

/** What the other cloud last said of the item that it shares. Whether that is a file or a folder never changes. */
export type MountTop = Pick<
  Node,
  'kind' | 'status' | 'version' | 'size' | 'checksum' | 'mimetype' | 'modifiedAt' | 'etag' | 'folderTag' | 'bytesBelow'
>;

/** The place among a person's folders where a folder, or a single file, of another cloud appears. */
export interface Mount {
  readonly id: ItemId;
  readonly accountId: AccountId;
  /** The incoming share under which it is reached. */
  readonly incomingId: string;
  readonly name: string;
  /** The person's own folder in which it appears; null: their root. */
  readonly parentId: ItemId | null;
  readonly permission: Permission;
  /** The key of what is shared in the other cloud's file space. */
  readonly rootKey: NodeKey;
  /** Milliseconds; from then on it is not reachable. */
  readonly expiresAt: number | undefined;
  /** Whether the other cloud keeps the comments and locks of items in the mount. */
  readonly keepsDesk: boolean;
  /**
   * True while the other cloud refuses the grant: then nothing is answered, not even from our own rows (ruling F-06).
   */
  readonly isRefused: boolean;
  /** Folders of the mount that could not be read completely when they were last listed. */
  readonly losses: readonly ListingLoss[];
  readonly top: MountTop;
}

/** The values of a new mount. */
export interface NewMount {
  readonly accountId: AccountId;
  readonly incomingId: string;
  /**
   * The name that the other cloud proposes. It is cleaned (`tameName`), and gets a number where it clashes (product.md,
   * step 7).
   */
  readonly name: string;
  readonly permission: Permission;
  readonly rootKey: NodeKey;
  readonly expiresAt: number | undefined;
  /** See {@link Mount}; default: it does not. */
  readonly keepsDesk?: boolean;
  /** What the other cloud says of the shared item; default: a new folder. */
  readonly top?: MountTop;
  /** Milliseconds. */
  readonly createdAt: number;
}

/** A row of the table `mounts`: a folder or file of another cloud in somebody's tree. */
export interface MountRow {
  id: number | string;
  account_id: AccountId;
  incoming_id: string;
  name: string;
  sort_key: string;
  parent_id: number | string | null;
  permission: Permission;
  root_key: NodeKey;
  keeps_desk: boolean | number;
  kind: Node['kind'];
  status: NodeStatus;
  version: number;
  size: number;
  /** Of a folder: the bytes of what is in it, as far as the other cloud says. */
  below_bytes: number | null;
  checksum: number;
  mimetype: string;
  etag: string;
  modified_at: number;
  refused: boolean | number;
  losses: string | null;
  expires_at: number | null;
  created_at: number;
}

/** Mounts a folder or a file. If this incoming share has a mount already, answers that unchanged (DLV-02). */
export async function addMount(trx: Transaction, wanted: NewMount): Promise<Mount> {
  await lockTree(trx, wanted.accountId);
  const existing = await mountByIncoming(trx, wanted.incomingId);
  if (existing !== undefined) return existing;
  const top = wanted.top ?? newFolder(wanted.createdAt);
  const fallback = top.kind === 'file' ? 'Shared file' : 'Shared folder';
  const row: MountRow = {
    ...topColumns(top),
    id: await newId(trx, 'mount'),
    account_id: wanted.accountId,
    incoming_id: wanted.incomingId,
    ...nameColumns(await freeRootName(trx, wanted.accountId, tameName(wanted.name, fallback)), top.kind),
    parent_id: null,
    permission: wanted.permission,
    root_key: wanted.rootKey,
    keeps_desk: wanted.keepsDesk ?? false,
    refused: false,
    losses: null,
    expires_at: wanted.expiresAt ?? null,
    created_at: wanted.createdAt,
  };
  await trx('mounts').insert(row);
  const mount = mountOf(row);
  await noteMount(trx, mount, 'made', wanted.createdAt);
  return mount;
}

/** Notes a change of a mount in the tree in which it appears. Under the lock of that tree. */
async function noteMount(trx: Transaction, mount: Mount, kind: ChangeKind, now: number): Promise<void> {
  const { accountId: tree, id: itemId, parentId } = mount;
  const above = await idsUpwards(trx, parentId);
  const was = kind === 'removed' ? { was: { parentId, name: mount.name, isFolder: mount.top.kind === 'folder' } } : {};
  await noteChange(trx, { tree, itemId, kind, above, isFolder: false, now, ...was });
}

/** The mount of an incoming share as it is under the lock of its tree. */
async function lockMount(trx: Transaction, incomingId: string): Promise<Mount | undefined> {
  const found = await mountByIncoming(trx, incomingId);
  if (found === undefined) return undefined;
  await lockTree(trx, found.accountId);
  return mountByIncoming(trx, incomingId);
}

/**
 * Changes what a mount allows, until when, and which cloud keeps its comments. Answers false when the incoming share
 * has no mount.
 */
export async function changeMount(trx: Transaction, incomingId: string, changes: MountChanges): Promise<boolean> {
  const { permission, expiresAt, keepsDesk, now } = changes;
  const mount = await lockMount(trx, incomingId);
  if (mount === undefined) return false;
  const values = {
    ...(permission === undefined ? {} : { permission }),
    ...(expiresAt === undefined ? {} : { expires_at: expiresAt }),
    ...(keepsDesk === undefined ? {} : { keeps_desk: keepsDesk }),
  };
  if (Object.keys(values).length === 0) return true;
  await trx('mounts').where({ id: mount.id }).update(values);
  await noteMount(trx, mount, 'changed', now);
  return true;
}

/** What {@link changeMount} changes, and when, milliseconds. */
export interface MountChanges {
  readonly permission?: Permission;
  readonly expiresAt?: number | null;
  readonly keepsDesk?: boolean;
  readonly now: number;
}

/** Stores whether the other cloud refuses the grant of a mount. Does nothing when the incoming share has no mount. */
export async function markMount(
  trx: Transaction,
  incomingId: string,
  { refused, now }: { readonly refused: boolean; readonly now: number },
): Promise<void> {
  const mount = await lockMount(trx, incomingId);
  if (mount === undefined || mount.isRefused === refused) return;
  await trx('mounts').where({ id: mount.id }).update({ refused });
  await noteMount(trx, mount, 'changed', now);
}

/** Removes a mount with every id that was given below it; answers false when there was none. */
export async function removeMount(trx: Transaction, incomingId: string, now: number): Promise<boolean> {
  const mount = await lockMount(trx, incomingId);
  if (mount === undefined) return false;
  await forgetMount(trx, mount.id);
  await trx('mounts').where({ id: mount.id }).delete();
  await trx('item_ids').where({ id: mount.id }).delete();
  await noteMount(trx, mount, 'removed', now);
  return true;
}

/** The mount of an incoming share. */
export function mountByIncoming(q: Queries, incomingId: string): Promise<Mount | undefined> {
  return mountWhere(q, { incoming_id: incomingId });
}

/** The mount with this id. */
export function mountById(q: Queries, id: ItemId): Promise<Mount | undefined> {
  return mountWhere(q, { id });
}

async function mountWhere(q: Queries, what: Partial<MountRow>): Promise<Mount | undefined> {
  const row = await q<MountRow>('mounts').where(what).first();
  return row === undefined ? undefined : mountOf(row);
}

const MOUNTS_AT_THE_ROOT = written((q) => mountsOf(q).whereNull('parent_id').where('id', '>', 1));
const MOUNTS_IN_A_FOLDER = written((q) => mountsOf(q).where({ parent_id: 1 }).where('id', '>', 1));

function mountsOf(q: Queries): Knex.QueryBuilder {
  return q('mounts')
    .whereRaw('(expires_at is null or expires_at > ?)', [1])
    .where({ account_id: 'owner' })
    .orderBy('id')
    .limit(RECEIVED_PAGE);
}

/**
 * One page of the mounts in a person's folder that have not expired, in the order of their ids. The last page is
 * shorter than {@link RECEIVED_PAGE}.
 */
export async function mountsIn(
  q: Queries,
  { ownerId, parentId }: Folder,
  after: ItemId,
  now: number,
): Promise<Mount[]> {
  const place = parentId === null ? [ownerId] : [ownerId, parentId];
  const page = parentId === null ? MOUNTS_AT_THE_ROOT : MOUNTS_IN_A_FOLDER;
  const rows = await rowsOf<MountRow>(q, page(q), [now, ...place, after, RECEIVED_PAGE]);
  return rows.map(mountOf);
}

/** Runs `work`, which a reader's request has caused, with the mount's owner as the asker for whom turns are counted. */
export function forOwner<T>({ accountId }: Pick<Mount, 'accountId'>, work: () => T): T {
  return askedBy(`person:${accountId}`, work);
}

/** Stores what the other cloud now says of the shared item; writes only on a change. */
export async function noteMountTop(database: Database, mount: Mount, said: Node, now: number): Promise<void> {
  const top = topOf(said);
  const news = Object.entries(top).some(([name, value]) => mount.top[name as keyof MountTop] !== value);
  if (!news || top.kind !== mount.top.kind) return;
  await forOwner(mount, () =>
    database.write(async (trx) => {
      await lockTree(trx, mount.accountId);
      const written = await trx('mounts').where({ id: mount.id }).update(topColumns(top));
      if (written > 0) await noteMount(trx, mount, 'changed', now);
    }),
  );
}

/** The part of a node that a mount stores. */
export function topOf({
  kind,
  status,
  version,
  size,
  checksum,
  mimetype,
  modifiedAt,
  etag,
  folderTag,
  bytesBelow,
}: Node): MountTop {
  return { kind, status, version, size, checksum, mimetype, modifiedAt, etag, folderTag, bytesBelow };
}

/** The tag of a folder stands where that of a content does: no top has both. */
function topColumns({ modifiedAt, etag, folderTag, bytesBelow, ...top }: MountTop) {
  return { ...top, etag: folderTag ?? etag, modified_at: modifiedAt, below_bytes: bytesBelow ?? null };
}

function newFolder(modifiedAt: number): MountTop {
  return {
    kind: 'folder',
    status: 'NEW',
    version: 1,
    size: 0,
    checksum: 0,
    mimetype: FOLDER_TYPE,
    modifiedAt,
    etag: '',
  };
}

/** True once a mount has expired. */
export function isOver(mount: Mount, now: number): boolean {
  return mount.expiresAt !== undefined && mount.expiresAt <= now;
}

/** Reads a row of `mounts`. */
export function mountOf(row: MountRow): Mount {
  return {
    id: itemIdOf(row.id),
    accountId: row.account_id,
    incomingId: row.incoming_id,
    name: row.name,
    parentId: row.parent_id === null ? null : itemIdOf(row.parent_id),
    permission: row.permission,
    rootKey: row.root_key,
    expiresAt: row.expires_at ?? undefined,
    keepsDesk: Boolean(row.keeps_desk),
    isRefused: Boolean(row.refused),
    losses: lossesOf(row.losses),
    top: topOfRow(row),
  };
}

function topOfRow({
  kind,
  status,
  version,
  size,
  checksum,
  mimetype,
  modified_at: modifiedAt,
  etag: tag,
  below_bytes: bytesBelow,
}: MountRow): MountTop {
  const isFolder = kind === 'folder';
  const tags = { etag: isFolder ? '' : tag, folderTag: isFolder && tag !== '' ? tag : undefined };
  return { kind, status, version, size, checksum, mimetype, modifiedAt, ...tags, bytesBelow: bytesBelow ?? undefined };
}
