import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { MemoryContentStore, type ContentStore } from '../../src/contents/index.js';
import {
  MemorySpace,
  Tree,
  type Content,
  type FileSpace,
  type Item,
  type ItemListing,
  type Mount,
  type Opened,
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
import type { Database } from '../../src/platform/index.js';
import { createHandClock, createSeededRandom, type HandClock } from '../support/seeds.js';

/** A tree over a database of the test's own, with two people and everything a test may want to turn. */
export interface FilesBench {
  readonly database: Database;
  readonly contents: ContentStore;
  readonly clock: HandClock;
  readonly tree: Tree;
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

/** Opens the bench; `overrides` replace what the tree works with. */
export async function openFilesBench(database: Database, overrides: Partial<TreeInputs> = {}): Promise<FilesBench> {
  const clock = createHandClock();
  const random = createSeededRandom();
  const contents = overrides.contents ?? new MemoryContentStore({ clock, random });
  const grants: FilesBench['grants'] = new Map();
  const removedFolders: ItemId[] = [];
  const refused: Mount[] = [];
  const abroad = new MemorySpace({ clock, random });
  const tree = new Tree({
    database,
    contents,
    clock,
    openMount: () => abroad,
    grantStanding: async (_q, principal) => grants.get(principal.grantId),
    onRemoved: async (_trx, folderIds) => void removedFolders.push(...folderIds),
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
  return { database, contents, clock, tree, ana, bo, grants, removedFolders, abroad, refused, grant };
}

/** Adds an account whose id is the word given. */
export async function addPerson(database: Database, name: string, quota?: number): Promise<PersonPrincipal> {
  const accountId = name as AccountId;
  await database.write((trx) => trx('accounts').insert({ id: accountId, name, quota: quota ?? null, created_at: 0 }));
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
