import { itemIdOf, tameName, type AccountId, type ItemId, type Permission } from '../kernel/index.js';
import type { Database, Queries, Transaction } from '../platform/index.js';
import type { Node, NodeKey, NodeStatus } from './file-space.js';
import { newId } from './item-ids.js';
import { FOLDER_TYPE } from './item-rows.js';
import { lockTree } from './owner.js';
import { freeRootName } from './root-names.js';

/** What the other cloud last said of what it shares. Whether it is a file or a folder never changes. */
export type MountTop = Pick<
  Node,
  'kind' | 'status' | 'version' | 'size' | 'checksum' | 'mimetype' | 'modifiedAt' | 'etag'
>;

/** The place in a person's root where a folder, or a single file, of another cloud appears. */
export interface Mount {
  readonly id: ItemId;
  readonly accountId: AccountId;
  /** The incoming share under which it is reached. */
  readonly incomingId: string;
  readonly name: string;
  readonly permission: Permission;
  /** The key of what is shared in the other cloud's file space. */
  readonly rootKey: NodeKey;
  /** Milliseconds; from then on it is not reachable. */
  readonly expiresAt: number | undefined;
  /** Whether the other cloud keeps comments and locks of what is in it. */
  readonly keepsDesk: boolean;
  readonly top: MountTop;
}

/** What a mount is made of. */
export interface NewMount {
  readonly accountId: AccountId;
  readonly incomingId: string;
  /** The name that the other cloud wants: tamed, and numbered where it clashes (product.md, step 7). */
  readonly name: string;
  readonly permission: Permission;
  readonly rootKey: NodeKey;
  readonly expiresAt: number | undefined;
  /** See {@link Mount}; default: it does not. */
  readonly keepsDesk?: boolean;
  /** What the other cloud says of it; default: a new folder. */
  readonly top?: MountTop;
  /** Milliseconds. */
  readonly createdAt: number;
}

/** A row of `mounts`. */
export interface MountRow {
  id: number | string;
  account_id: AccountId;
  incoming_id: string;
  name: string;
  permission: Permission;
  root_key: NodeKey;
  keeps_desk: boolean | number;
  kind: Node['kind'];
  status: NodeStatus;
  version: number;
  size: number;
  checksum: number;
  mimetype: string;
  etag: string;
  modified_at: number;
  expires_at: number | null;
  created_at: number;
}

/** Mounts a folder or a file; a mount that this incoming share has already is answered as it is (DLV-02). */
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
    name: await freeRootName(trx, wanted.accountId, tameName(wanted.name, fallback)),
    permission: wanted.permission,
    root_key: wanted.rootKey,
    keeps_desk: wanted.keepsDesk ?? false,
    expires_at: wanted.expiresAt ?? null,
    created_at: wanted.createdAt,
  };
  await trx('mounts').insert(row);
  return mountOf(row);
}

/** Changes what a mount allows, until when, and who keeps its comments; false when the incoming share has none. */
export async function changeMount(
  trx: Transaction,
  incomingId: string,
  changes: { readonly permission?: Permission; readonly expiresAt?: number | null; readonly keepsDesk?: boolean },
): Promise<boolean> {
  const { permission, expiresAt, keepsDesk } = changes;
  const values = {
    ...(permission === undefined ? {} : { permission }),
    ...(expiresAt === undefined ? {} : { expires_at: expiresAt }),
    ...(keepsDesk === undefined ? {} : { keeps_desk: keepsDesk }),
  };
  if (Object.keys(values).length === 0) return (await mountByIncoming(trx, incomingId)) !== undefined;
  return (await trx('mounts').where({ incoming_id: incomingId }).update(values)) > 0;
}

/** Takes a mount away with every id that was given below it; false when there was none. */
export async function removeMount(trx: Transaction, incomingId: string): Promise<boolean> {
  const mount = await mountByIncoming(trx, incomingId);
  if (mount === undefined) return false;
  await trx('foreign_items').where({ mount_id: mount.id }).delete();
  await trx('mounts').where({ id: mount.id }).delete();
  return true;
}

/** The mount of an incoming share. */
export async function mountByIncoming(q: Queries, incomingId: string): Promise<Mount | undefined> {
  const row = await q<MountRow>('mounts').where({ incoming_id: incomingId }).first();
  return row === undefined ? undefined : mountOf(row);
}

/** A person's mounts in the order of their ids, those whose time is over left out. */
export async function mountsOf(q: Queries, accountId: AccountId, now: number): Promise<Mount[]> {
  const rows = await q<MountRow>('mounts').where({ account_id: accountId }).orderBy('id');
  return rows.map(mountOf).filter((mount) => !isOver(mount, now));
}

/** Keeps what the other cloud now says of what it shares; writes only when it says something new. */
export async function noteMountTop(database: Database, mount: Mount, said: Node): Promise<void> {
  const top = topOf(said);
  const news = Object.entries(top).some(([name, value]) => mount.top[name as keyof MountTop] !== value);
  if (!news || top.kind !== mount.top.kind) return;
  await database.write((trx) => trx('mounts').where({ id: mount.id }).update(topColumns(top)));
}

/** What a mount keeps of a node. */
export function topOf({ kind, status, version, size, checksum, mimetype, modifiedAt, etag }: Node): MountTop {
  return { kind, status, version, size, checksum, mimetype, modifiedAt, etag };
}

function topColumns({ modifiedAt, ...top }: MountTop) {
  return { ...top, modified_at: modifiedAt };
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

/** True once a mount's time is over. */
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
    permission: row.permission,
    rootKey: row.root_key,
    expiresAt: row.expires_at ?? undefined,
    keepsDesk: Boolean(row.keeps_desk),
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
  etag,
}: MountRow): MountTop {
  return { kind, status, version, size, checksum, mimetype, modifiedAt, etag };
}
