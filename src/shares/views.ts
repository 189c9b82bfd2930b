import type { AccountId, Email, ItemId, Permission } from '../kernel/index.js';
import type { Ender } from './ender.js';
import type { MailState } from './outgoing-share.js';
import type { ResourceKind } from './resource-kind.js';
import type { IncomingState, OutgoingState } from './transitions.js';

/** The origin's half of an agreement, as its owner, administrators and commands see it. */
export interface OutgoingView {
  readonly id: string;
  readonly shareId: string;
  readonly state: OutgoingState;
  readonly endReason: string | undefined;
  readonly endedBy: Ender | undefined;
  readonly folderId: ItemId;
  readonly folderName: string;
  readonly permission: Permission;
  readonly ownerName: string;
  readonly ownerEmail: Email;
  readonly recipient: Email;
  readonly comment: string;
  readonly peerName: string | undefined;
  /** Milliseconds. */
  readonly createdAt: number;
  readonly changedAt: number;
  /** The owner's expiry of the share. */
  readonly expiresAt: number | undefined;
  /** When an unanswered invitation ends. */
  readonly invitationExpiresAt: number;
  /** What became of the invitation's newest mail, and when; undefined for old ones. */
  readonly mailState: MailState | undefined;
  readonly mailAt: number | undefined;
}

/** The destination's half of an agreement, as its recipient, administrators and commands see it. */
export interface IncomingView {
  readonly id: string;
  readonly shareId: string;
  readonly state: IncomingState;
  readonly endReason: string | undefined;
  readonly endedBy: Ender | undefined;
  readonly kind: ResourceKind;
  /** What is shared is called so, a file too. */
  readonly folderName: string;
  readonly permission: Permission;
  /** As the peer claims them; tamed for display. */
  readonly ownerName: string;
  readonly ownerEmail: string;
  readonly recipient: Email;
  /** As our administrator registered the peer. */
  readonly peerName: string;
  readonly peerOrigin: string;
  readonly createdAt: number;
  readonly changedAt: number;
  readonly expiresAt: number | undefined;
  /** The mounted folder, once active. */
  readonly mountId: ItemId | undefined;
  /** What keeps an accepted share from becoming active, in plain words. */
  readonly problem: string | undefined;
}

/** What the holder of an invitation link may see (threat model PRO-11: no file names, no contents). */
export interface InvitationView {
  readonly state: OutgoingState;
  readonly ownerName: string;
  readonly ownerEmail: Email;
  readonly folderName: string;
  readonly permission: Permission;
  readonly comment: string;
  readonly recipient: Email;
  readonly expiresAt: number | undefined;
  readonly invitationExpiresAt: number;
  /** The peers on offer, those whose e-mail domains match the recipient first, then by name. */
  readonly peers: readonly OfferedPeer[];
  readonly chosenPeerId: string | undefined;
}

/** One line of the selection page. */
export interface OfferedPeer {
  readonly id: string;
  readonly name: string;
  readonly origin: string;
  /** Every origin on which its consent page may lie. */
  readonly pageOrigins: readonly string[];
  readonly suggested: boolean;
  readonly description: string | undefined;
}

/** What the consent page shows to the signed-in recipient. */
export interface ProposalView extends IncomingView {
  /** Names exactly this content: a decision on another content is refused (threat model WEB-02, WEB-03). */
  readonly digest: string;
  /** Where the browser goes with the decision. */
  readonly callbackOrigin: string;
  /** Unsigned peers cannot prove that the proposal is theirs: the page warns (PRO-02). */
  readonly unsigned: boolean;
}

/** Somebody who can open a folder. */
export interface Member {
  readonly name: string;
  readonly email: Email;
  readonly joinedAt: number;
  readonly isOwner: boolean;
  readonly permission: Permission;
  /** The account here; undefined for a recipient abroad. */
  readonly accountId: AccountId | undefined;
  /** The recipient's cloud; undefined for people of this cloud. */
  readonly peerName: string | undefined;
  /** The share under which a recipient abroad opens it. */
  readonly outgoingId: string | undefined;
  /** Until when, milliseconds. */
  readonly expiresAt: number | undefined;
}

/** What came of sharing with a list of addresses. */
export interface ShareResult {
  readonly members: readonly { readonly name: string; readonly email: Email }[];
  readonly proposals: readonly { readonly shareId: string; readonly email: Email; readonly state: OutgoingState }[];
}
