import type { AccountId, Email, ItemId, Permission, Principal } from '../../kernel/index.js';
import type { ChangeOptions, Content, Item, ItemListing, Opened, OpenOptions } from '../../files/index.js';
import type { Member, ShareResult } from '../../shares/index.js';
import type { SignedBody } from '../signed-body.js';

/** What the storage API asks of a person's tree; every method judges what the principal may do and throws `Failure`. */
export interface StorageTree {
  /** An item, deleted ones included. */
  stat(principal: Principal, id: ItemId): Promise<Item>;
  /** A folder with its children, one level; a file answers itself and no children. */
  list(
    principal: Principal,
    id: ItemId,
    options?: { includeDeleted?: boolean; signal?: AbortSignal },
  ): Promise<ItemListing>;
  open(principal: Principal, id: ItemId, options?: OpenOptions): Promise<Opened>;
  create(
    principal: Principal,
    parentId: ItemId,
    name: string,
    content: Content,
    options?: ChangeOptions,
  ): Promise<Item>;
  replace(principal: Principal, id: ItemId, content: Content, options?: ChangeOptions): Promise<Item>;
  makeFolder(principal: Principal, parentId: ItemId, name: string, options?: ChangeOptions): Promise<Item>;
  move(
    principal: Principal,
    id: ItemId,
    to: { parentId?: ItemId; name?: string },
    options?: ChangeOptions,
  ): Promise<Item>;
  remove(principal: Principal, id: ItemId, options?: ChangeOptions): Promise<Item>;
  /** Every version of a file, newest first, the current one included. */
  versions(principal: Principal, id: ItemId): Promise<readonly Item[]>;
  version(principal: Principal, id: ItemId, version: number): Promise<Item>;
}

/** Who shares a folder with whom, here and abroad (stacksync-api-v2.md 6). */
export interface FolderSharing {
  /** Shares with people here and abroad; the actor's own address is dropped. Throws `invalid` when nobody remains. */
  share(actor: AccountId, folderId: ItemId, request: ShareRequest): Promise<ShareResult>;
  /** Ends shares and memberships; answers those that ended. */
  unshare(
    actor: AccountId,
    folderId: ItemId,
    addresses: readonly Email[],
  ): Promise<readonly { readonly name: string; readonly email: Email }[]>;
  /** Ends the actor's own membership. */
  leave(actor: AccountId, folderId: ItemId): Promise<void>;
  members(principal: Principal, folderId: ItemId): Promise<readonly Member[]>;
}

/** With whom to share, and how. */
export interface ShareRequest {
  readonly addresses: readonly Email[];
  readonly permission: Permission;
  readonly comment?: string;
  /** Milliseconds. */
  readonly expiresAt?: number;
}

/** What an app in delegated mode keeps beside a foreign folder: never a secret of the other cloud (threat model AUT-10). */
export interface Delegation {
  /** Where the storage API is, with a trailing slash. */
  readonly base: string;
  readonly token: string;
  readonly tokenSecret: string;
}

/** Answers the token that opens one foreign folder alone, the same one each time. */
export type Delegate = (mountId: ItemId) => Promise<Delegation>;

/** Who sent a storage request, after its proof was checked. */
export interface StorageCaller extends SignedBody {
  readonly principal: Principal;
  /** Names the credentials within this cloud: receipts of one caller are nobody else's. */
  readonly id: string;
  /** The client takes 403 for the end of its login (stacksync-api-v2.md 1): give it 400 instead. */
  readonly forbiddenAs400: boolean;
  /** Only for apps in delegated mode. */
  readonly delegate?: Delegate;
}
