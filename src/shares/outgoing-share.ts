import type { AccountId, Email, ItemId, PeerId, Permission } from '../kernel/index.js';
import type { EndReason } from './agreement.js';
import type { OutgoingState } from './transitions.js';

/** The addresses of the chosen peer at the moment of choice: credentials go nowhere else (threat model CRD-07). */
export interface ChosenAddresses {
  readonly shareUrl: string;
  readonly credentialsUrl: string;
  /** The owner changed the terms since they were offered there: what the peer holds can be offered no more. */
  readonly isOutdated?: boolean;
}

/** What became of an invitation's newest mail. */
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
  /** The agreement's name on the wire; a new one for each chosen peer. */
  readonly shareId: string;
  readonly ownerId: AccountId;
  readonly folderId: ItemId;
  readonly recipient: Email;
  readonly permission: Permission;
  readonly comment: string;
  readonly state: OutgoingState;
  readonly endReason: EndReason | undefined;
  /** Who ended it, as in the transition log; undefined while it lasts. */
  readonly endedBy: string | undefined;
  /** The peer that was last offered it, also after it failed to take it. */
  readonly peerId: PeerId | undefined;
  readonly chosen: ChosenAddresses | undefined;
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
    | 'callbackHash'
    | 'callbackSealed'
    | 'grantedAt'
    | 'decisionDigest'
    | 'endReason'
    | 'permission'
    | 'expiresAt'
  >
>;
