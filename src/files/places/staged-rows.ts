import { HOUR, itemIdOf, type AccountId, type ItemId } from '../../kernel/index.js';
import type { Database, Queries } from '../../platform/index.js';
import type { Node } from '../space/file-space.js';
import { ON_ITS_WAY } from './staged.js';

/** How long something that was there before may be without its name, milliseconds: that takes three requests. */
const WITHOUT_ITS_NAME = HOUR;

/** Records answered at a time. */
const SOME = 100;

/** Something that is made under a name which hides it, or gets such a name, in another cloud. */
export interface StagedPlace {
  readonly mountId: ItemId;
  /** The folder, by its id here: that stays when somebody renames it. */
  readonly parentId: ItemId;
  readonly name: string;
  /** What it is called otherwise, if it was there before and makes way for something new. */
  readonly ownName?: string;
  /** The item, if it was there before. */
  readonly itemId?: ItemId;
}

/** What was left on its way in another cloud. */
export interface LeftAbroad extends StagedPlace {
  /** The person in whose mount it is. */
  readonly accountId: AccountId;
  /** Of a file that was made completely: its bytes, and its tag, empty where that cloud gives none. */
  readonly content: { readonly size: number; readonly etag: string } | undefined;
  /** Milliseconds. */
  readonly begunAt: number;
  readonly dueAt: number;
}

/** A row of `staged_abroad`, with the owner of its mount. */
interface StagedRow {
  mount_id: number | string;
  parent_id: number | string;
  name: string;
  own_name: string | null;
  size: number | null;
  tag: string | null;
  begun_at: number;
  due_at: number;
  account_id: AccountId;
}

/** Records something before it is made; again, if a first attempt at it failed. `now`: milliseconds. */
export async function noteStaged(database: Database, place: StagedPlace, now: number): Promise<void> {
  const { mountId, parentId, name, ownName, itemId } = place;
  const patience = ownName === undefined ? ON_ITS_WAY : WITHOUT_ITS_NAME;
  const row = { mount_id: mountId, parent_id: parentId, name, own_name: ownName ?? null, item_id: itemId ?? null };
  const times = { begun_at: now, due_at: now + patience };
  await database.write((trx) =>
    trx('staged_abroad')
      .insert({ ...row, ...times })
      .onConflict(['mount_id', 'name'])
      .merge(),
  );
}

/** Records what it has become. */
export async function noteMade(
  database: Database,
  { mountId, name }: StagedPlace,
  { id, kind, size, etag }: Pick<Node, 'kind' | 'size' | 'etag'> & { readonly id: ItemId },
): Promise<void> {
  const content = kind === 'file' ? { size, tag: etag } : {};
  await database.write((trx) =>
    trx('staged_abroad')
      .where({ mount_id: mountId, name })
      .update({ item_id: id, ...content }),
  );
}

/** Ends a record. */
export async function forgetStaged(database: Database, { mountId, name }: StagedPlace): Promise<void> {
  await database.write((trx) => trx('staged_abroad').where({ mount_id: mountId, name }).delete());
}

/** Ends the record of an item that has come to its place or is gone. Writes only if there is one. */
export async function forgetStagedItem(database: Database, itemId: ItemId): Promise<void> {
  const row = await database
    .read('staged_abroad')
    .where({ item_id: itemId })
    .first<{ name: string } | undefined>('name');
  if (row !== undefined) await database.write((trx) => trx('staged_abroad').where({ item_id: itemId }).delete());
}

/** Those of some names that are recorded in the mounts of a person. */
export async function stagedAmong(
  q: Queries,
  accountId: AccountId,
  names: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await q('staged_abroad as staged')
    .join('mounts as mount', 'mount.id', 'staged.mount_id')
    .where('mount.account_id', accountId)
    .whereIn('staged.name', names)
    .select<{ name: string }[]>('staged.name');
  return new Set(rows.map(({ name }) => name));
}

/** How many records there are in the mounts of a person. */
export async function countStaged(q: Queries, accountId: AccountId): Promise<number> {
  const [row] = await q('staged_abroad as staged')
    .join('mounts as mount', 'mount.id', 'staged.mount_id')
    .where('mount.account_id', accountId)
    .count<{ count: number | string }[]>({ count: '*' });
  return Number(row?.count ?? 0);
}

/** Some of what nobody brings to its place any more, the longest due first. */
export async function leftAbroad(q: Queries, now: number): Promise<LeftAbroad[]> {
  const rows = await q('staged_abroad as staged')
    .join('mounts as mount', 'mount.id', 'staged.mount_id')
    .where('staged.due_at', '<', now)
    .orderBy('staged.due_at')
    .limit(SOME)
    .select<StagedRow[]>('staged.*', 'mount.account_id');
  return rows.map(leftOf);
}

/** Takes a record for a while, `until` in milliseconds; answers false when another process has it, or it has ended. */
export async function claimStaged(
  database: Database,
  { mountId, name, dueAt }: LeftAbroad,
  until: number,
): Promise<boolean> {
  const row = { mount_id: mountId, name, due_at: dueAt };
  return (await database.write((trx) => trx('staged_abroad').where(row).update({ due_at: until }))) > 0;
}

/** Lets a record be due again at a time, milliseconds. */
export async function postponeStaged(database: Database, { mountId, name }: StagedPlace, dueAt: number): Promise<void> {
  await database.write((trx) => trx('staged_abroad').where({ mount_id: mountId, name }).update({ due_at: dueAt }));
}

function leftOf(row: StagedRow): LeftAbroad {
  const { name, account_id: accountId, own_name: ownName, size, tag: etag } = row;
  return {
    mountId: itemIdOf(row.mount_id),
    parentId: itemIdOf(row.parent_id),
    name,
    ...(ownName === null ? {} : { ownName }),
    accountId,
    content: size === null || etag === null ? undefined : { size, etag },
    begunAt: row.begun_at,
    dueAt: row.due_at,
  };
}
