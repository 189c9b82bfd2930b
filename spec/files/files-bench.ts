import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { readConfig } from '../../src/config/index.js';
import { memoryContents, type ContentStore } from '../../src/contents/index.js';
import {
  Access,
  LockGuard,
  Locks,
  MemorySpace,
  Trash,
  Tree,
  type Content,
  type FileSpace,
  type Item,
  type ItemListing,
  type Mount,
  type Opened,
  type TrashInputs,
  type TreeInputs,
} from '../../src/files/index.js';
import type {
  AccountId,
  GrantPrincipal,
  ItemId,
  Permission,
  PersonPrincipal,
  Principal,
} from '../../src/kernel/index.js';
import { createLog, type Database } from '../../src/platform/index.js';
import { createHandClock, createSeededRandom, type HandClock } from '../support/seeds.js';

/** A tree over a database of the test's own, with two people and everything a test may want to turn. */
export interface FilesBench {
  readonly database: Database;
  readonly contents: ContentStore;
  readonly clock: HandClock;
  readonly tree: Tree;
  readonly trash: Trash;
  readonly locks: Locks;
  readonly ana: PersonPrincipal;
  readonly bo: PersonPrincipal;
  /** Grants that are alive, by id, and what they allow; take one out to kill it. */
  readonly grants: Map<string, { permission: Permission; expiresAt: number | undefined }>;
  /** Folders that deletions told `onRemoved` about. */
  readonly removedFolders: ItemId[];
  /** The foreign cloud behind every mount. */
  readonly abroad: FileSpace;
  readonly refused: Mount[];
  grant(folderId: ItemId, permission?: Permission): GrantPrincipal;
}

/** Opens the bench; `overrides` replace what the tree works with, and how long things are kept. */
export async function openFilesBench(
  database: Database,
  { keeping, onErased, ...overrides }: Partial<TreeInputs & Pick<TrashInputs, 'keeping' | 'onErased'>> = {},
): Promise<FilesBench> {
  const clock = createHandClock();
  const random = createSeededRandom();
  const contents = overrides.contents ?? memoryContents({ clock, random });
  const grants: FilesBench['grants'] = new Map();
  const removedFolders: ItemId[] = [];
  const refused: Mount[] = [];
  const abroad = new MemorySpace({ clock, random });
  const onRemoved: TreeInputs['onRemoved'] = async (_trx, folderIds) => void removedFolders.push(...folderIds);
  const grantTerms: TreeInputs['grantTerms'] = async (_q, principal) => grants.get(principal.grantId);
  const access = new Access({ clock, grantTerms });
  const trash = trashOver(database, clock, {
    locks: new LockGuard({ access, clock }),
    onRemoved,
    defaultQuota: overrides.defaultQuota,
    ...(keeping && { keeping }),
    ...(onErased && { onErased }),
  });
  const tree = new Tree({
    database,
    trash,
    contents,
    clock,
    openMount: async () => abroad,
    grantTerms,
    onRemoved,
    onMountRefused: (mount) => refused.push(mount),
    defaultQuota: undefined,
    recheckInterval: 5,
    ...overrides,
  });
  const ana = await addPerson(database, 'ana');
  const bo = await addPerson(database, 'bo');
  const grant = (folderId: ItemId, permission: Permission = 'read-write'): GrantPrincipal => {
    const grantId = `grant-${String(grants.size + 1)}`;
    grants.set(grantId, { permission, expiresAt: undefined });
    return { kind: 'grant', grantId, ownerId: ana.accountId, folderId, permission, expiresAt: undefined };
  };
  const locks = new Locks({ database, clock, random, access, cloudName: 'Alder' });
  return { database, contents, clock, tree, trash, locks, ana, bo, grants, removedFolders, abroad, refused, grant };
}

/** A trash that keeps things as the settings say when nothing is set. */
export function trashOver(database: Database, clock: HandClock, overrides: Partial<TrashInputs> = {}): Trash {
  return new Trash({
    database,
    clock,
    log: createLog('silent'),
    defaultQuota: undefined,
    keeping: { trashDays: 30, thinning: readConfig({}).versions },
    onRemoved: async () => undefined,
    onErased: async () => [],
    locks: guardOver(clock),
    ...overrides,
  });
}

/** What stands before changes where nobody has a grant. */
export function guardOver(clock: HandClock): LockGuard {
  return new LockGuard({ clock, access: new Access({ clock, grantTerms: async () => undefined }) });
}

/** Adds an account whose id is the word given; one that is there stays. */
export async function addPerson(database: Database, name: string, quota?: number): Promise<PersonPrincipal> {
  const accountId = name as AccountId;
  const row = { id: accountId, name, quota: quota ?? null, created_at: 0 };
  await database.write((trx) => trx('accounts').insert(row).onConflict('id').ignore());
  return { kind: 'person', accountId };
}

/** Text as an upload of known length. */
export function textContent(words: string): Content {
  const bytes = Buffer.from(words);
  return { body: Readable.from(bytes.length === 0 ? [] : [bytes], { objectMode: false }), length: bytes.length };
}

/** The whole text of what was opened. */
export async function textOf(opened: Opened | Promise<Opened>): Promise<string> {
  const found = await opened;
  if (found.outcome !== 'content') throw new Error('not modified');
  return text(found.body);
}

/** The children of a listing. */
export async function childrenOf(listing: ItemListing | Promise<ItemListing>): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of (await listing).children) items.push(item);
  return items;
}

/** The names of a folder's live children, in the order listed. */
export async function namesIn(tree: Tree, principal: Principal, id: ItemId): Promise<string[]> {
  return (await childrenOf(tree.list(principal, id))).map((item) => item.name);
}
