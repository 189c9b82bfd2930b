import type { AccountId, Email, PeerId, Permission } from '../../kernel/index.js';
import type { DialectName } from '../../peers/index.js';
import type { EndReason, ResourceKind } from './agreement.js';
import type { IncomingState } from './transitions.js';

/** The destination's half of an agreement. */
export interface IncomingShare {
  /** Our own id, unguessable; it is the address of the consent page. */
  readonly id: string;
  /** Together with `shareId` the key of the agreement (G1). */
  readonly peerId: PeerId;
  readonly shareId: string;
  readonly state: IncomingState;
  readonly endReason: EndReason | undefined;
  /** Who ended it, as in the transition log; undefined while it lasts. */
  readonly endedBy: string | undefined;
  /** In which dialect it was offered; undefined: in the peer's own. */
  readonly dialect: DialectName | undefined;
  readonly kind: ResourceKind;
  /**
   * The storage API of the shared item; undefined in rows of older releases: then the one in the peer's record counts.
   */
  readonly storageApi: string | undefined;
  readonly resourceUrl: string;
  readonly ownerName: string;
  readonly ownerEmail: string;
  readonly folderName: string;
  readonly permission: Permission;
  readonly recipient: Email;
  /** The address of the recipient in Open Cloud Mesh, as the peer wrote it. */
  readonly recipientAddress: string | undefined;
  /** Who shares it for its owner, where that is somebody else: an address of Open Cloud Mesh. */
  readonly sender: string | undefined;
  /** True when nobody has proven that the peer sent it. */
  readonly isUnverified: boolean;
  /** True while only opening it would tell whether it is a file or a folder. */
  readonly isKindOpen: boolean;
  readonly callbackSealed: string;
  /** Digest of the proposal's content. */
  readonly digest: string;
  readonly expiresAt: number | undefined;
  /** Who answered. */
  readonly accountId: AccountId | undefined;
  /** Sealed token and secret; erased when the share ends. */
  readonly grantSealed: string | undefined;
  readonly grantDigest: string | undefined;
  /** True when the credentials came unsigned: until they have worked, anybody may have sent them. */
  readonly grantIsUnsigned: boolean;
  readonly problem: string | undefined;
  /** Since when the origin has refused the grant without any other answer in between, milliseconds (ruling F-06). */
  readonly refusedSince: number | undefined;
  /** How many refusals in a row there were. */
  readonly refusals: number;
  readonly revision: number;
  readonly createdAt: number;
  readonly changedAt: number;
}

/** What a change may set beside the state. */
export type IncomingPatch = Partial<
  Pick<
    IncomingShare,
    | 'accountId'
    | 'grantSealed'
    | 'grantDigest'
    | 'grantIsUnsigned'
    | 'problem'
    | 'refusedSince'
    | 'refusals'
    | 'endReason'
    | 'permission'
    | 'expiresAt'
    | 'kind'
    | 'isKindOpen'
  >
>;
