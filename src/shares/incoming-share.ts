import type { AccountId, Email, PeerId, Permission } from '../kernel/index.js';
import type { EndReason } from './agreement.js';
import type { IncomingState } from './transitions.js';

/** The destination's half of an agreement. */
export interface IncomingShare {
  /** Our own, unguessable; the consent page's address. */
  readonly id: string;
  /** With `shareId` the key of the agreement (G1). */
  readonly peerId: PeerId;
  readonly shareId: string;
  readonly state: IncomingState;
  readonly endReason: EndReason | undefined;
  /** Who ended it, as in the transition log; undefined while it lasts. */
  readonly endedBy: string | undefined;
  readonly resourceUrl: string;
  readonly ownerName: string;
  readonly ownerEmail: string;
  readonly folderName: string;
  readonly permission: Permission;
  readonly recipient: Email;
  readonly callbackSealed: string;
  /** Digest of the proposal's content. */
  readonly digest: string;
  readonly expiresAt: number | undefined;
  /** Who answered. */
  readonly accountId: AccountId | undefined;
  /** Sealed token and secret; erased when the share ends. */
  readonly grantSealed: string | undefined;
  readonly grantDigest: string | undefined;
  /** Nobody signed the credentials: until they have opened what is shared, they may be anybody's. */
  readonly grantIsUnsigned: boolean;
  readonly problem: string | undefined;
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
    | 'endReason'
    | 'permission'
    | 'expiresAt'
  >
>;
