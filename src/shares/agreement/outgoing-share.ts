import type { AccountId, Email, ItemId, PeerId, Permission } from '../../kernel/index.js';
import type { DialectName } from '../../peers/index.js';
import type { EndReason } from './agreement.js';
import type { OutgoingState } from './transitions.js';

/** The addresses of the chosen peer at the moment of choice: credentials go nowhere else (threat model CRD-07). */
export interface ChosenAddresses {
  readonly shareUrl: string;
  readonly credentialsUrl: string;
  /**
   * True when the owner has changed the terms since the peer was offered them, so that the same proposal cannot be
   * offered again.
   */
  readonly isOutdated?: boolean;
  /** True when the peer never says that its person has accepted: then the first use of the share says it. */
  readonly acceptsByUse?: boolean;
  /** True when the share is opened with tokens alone, for which its secret is exchanged (open-cloud-mesh.md 9). */
  readonly demandsToken?: boolean;
}

/** The delivery state of an invitation's newest mail. */
export type MailState =
  | 'queued'
  | 'sent'
  /** The mail server does not take mail for this address. */
  | 'refused'
  /** The address wants no invitations from this cloud. */
  | 'unwanted';

/** The origin's half of an agreement. */
export interface OutgoingShare {
  readonly id: string;
  /** The agreement's name in messages; a new one for each chosen peer. */
  readonly shareId: string;
  readonly ownerId: AccountId;
  readonly folderId: ItemId;
  /** An address of Open Cloud Mesh has the form of an e-mail address too, and stands here clean. */
  readonly recipient: Email;
  readonly permission: Permission;
  readonly comment: string;
  readonly state: OutgoingState;
  readonly endReason: EndReason | undefined;
  /** Who ended it, as in the transition log; undefined while it lasts. */
  readonly endedBy: string | undefined;
  /** The peer that was last offered it, also if that failed. */
  readonly peerId: PeerId | undefined;
  readonly chosen: ChosenAddresses | undefined;
  /** In which dialect it was offered; undefined: in the peer's own. */
  readonly dialect: DialectName | undefined;
  /** The address of the recipient in Open Cloud Mesh, as it is sent. */
  readonly recipientAddress: string | undefined;
  /** Why the peer that was last asked did not take the offer, for the owner. */
  readonly problem: string | undefined;
  readonly callbackHash: string | undefined;
  readonly callbackSealed: string | undefined;
  readonly expiresAt: number | undefined;
  readonly invitationExpiresAt: number;
  readonly mailState: MailState | undefined;
  /** Milliseconds: since when. */
  readonly mailAt: number | undefined;
  readonly grantedAt: number | undefined;
  readonly decisionDigest: string | undefined;
  readonly revision: number;
  readonly createdAt: number;
  readonly changedAt: number;
}

/** What a change may set beside the state. */
export type OutgoingPatch = Partial<
  Pick<
    OutgoingShare,
    | 'shareId'
    | 'peerId'
    | 'chosen'
    | 'dialect'
    | 'recipientAddress'
    | 'problem'
    | 'callbackHash'
    | 'callbackSealed'
    | 'grantedAt'
    | 'decisionDigest'
    | 'endReason'
    | 'permission'
    | 'expiresAt'
    | 'comment'
  >
>;
