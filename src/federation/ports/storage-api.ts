import type { ItemDesk } from '../../desk/index.js';
import type { FileSpace, Node, NodeKey } from '../../files/index.js';
import type { AccountId, Failure, Permission } from '../../kernel/index.js';
import type { Peer, Relocation } from '../../peers/index.js';
import type { ResourceKind, ShareCredentials } from '../../shares/index.js';
import type { Gate } from '../peer-call/gate.js';

/** What opening a foreign folder needs. */
export interface ForeignFolder {
  readonly peer: Peer;
  /** The incoming share under which it is reached. */
  readonly shareId: string;
  /** Whose share it is: people take turns at a peer (F-63). */
  readonly person: AccountId | undefined;
  /** Where it is, as the proposal named it. */
  readonly resourceUrl: string;
  /** The share's own. */
  readonly credentials: ShareCredentials;
  readonly breaker: Gate;
  /** When the share ends as we know it, milliseconds: for storage APIs that do not say. */
  readonly expiresAt: number | undefined;
  /**
   * To be called when a refusal may be about the grant: asks the shared item itself, and answers the failure to give if
   * that refuses the grant too (ruling F-06).
   */
  readonly onRefused: () => Promise<Failure | undefined>;
  /** To be called when a change was forbidden that our terms allow. */
  readonly onForbidden: () => Promise<void>;
  /** Is told the terms that the shared folder shows when it is listed. */
  readonly onTerms: (terms: NonNullable<Node['shared']>) => Promise<void>;
}

/** What the other cloud says that a grant allows now (cloudspaces-interop.md 10.2). */
export interface Terms {
  /** Undefined when the cloud does not say. */
  readonly permission: Permission | undefined;
  /** Milliseconds; null when it does not expire, undefined when the cloud does not say. */
  readonly expiresAt: number | null | undefined;
}

/** The result of one request for a shared folder with its grant. */
export type FolderProbe =
  /** The grant opens the folder, on these terms. */
  | ({
      readonly kind: 'ok';
      readonly name: string;
      readonly node: Node;
      /** Whether comments and locks are kept there (our extension). */
      readonly keepsDesk: boolean;
    } & Terms)
  /** The other cloud does not know the grant, or does not let it in. */
  | { readonly kind: 'refused'; readonly detail: string }
  /** An error that a retry may solve; it says nothing about the grant. */
  | {
      readonly kind: 'trouble';
      readonly note: string;
      /** What exactly went wrong, for administrators. */
      readonly detail?: string | undefined;
      readonly retryAfter: number | undefined;
    }
  /** The answer is about something else than the folder of the proposal (threat model CRD-09). */
  | { readonly kind: 'wrong'; readonly note: string };

/** A file space that can tell whether its grant still opens it, and knows where its comments and locks are. */
export interface ForeignSpace extends FileSpace {
  probe(): Promise<FolderProbe>;
  /** The comments and the lock of a node; only for folders whose cloud says that it keeps them. */
  desk(key: NodeKey): ItemDesk;
}

/**
 * One storage API that peers serve: opens a file space over it. Throws `peer-failed` for credentials that it cannot
 * use.
 */
export type StorageApi = (folder: ForeignFolder) => ForeignSpace;

/** How one storage API writes the addresses of what is shared through it. */
export interface ResourceAddresses {
  /** The address of an item below a base of the API, which ends in a slash. */
  write(base: string, item: { readonly kind: ResourceKind; readonly id: string }): string;
  /** What an address names. Throws `invalid` when it can name nothing that is shared. */
  read(address: string): { readonly kind: ResourceKind };
  /** The address of the same item after its cloud has moved. */
  moved(address: string, relocation: Relocation): string;
}
