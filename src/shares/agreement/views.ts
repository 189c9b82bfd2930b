import type { AccountId, Email, ItemId, Permission } from '../../kernel/index.js';
import type { ListPage } from '../../platform/index.js';
import type { ResourceKind } from './agreement.js';
import type { Ender } from './ender.js';
import type { MailState } from './outgoing-share.js';
import type { IncomingState, OutgoingState } from './transitions.js';

/** A cloud that an invited person would like to use. */
export interface WishedCloud {
  /** As it was typed. */
  readonly address: string;
  /** Milliseconds. */
  readonly at: number;
}

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
  /** True when it was offered to an address of Open Cloud Mesh: nobody is mailed, and nobody chooses a cloud. */
  readonly isOcm: boolean;
  /** Why the cloud that was last asked did not take the offer, as a sentence. */
  readonly problem: string | undefined;
  /** The delivery state of the invitation's newest mail, and since when; undefined for old ones. */
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
  /** True while only opening it would tell which of the two it is. */
  readonly isKindOpen: boolean;
  /** The name of the shared item, also if it is a file. */
  readonly folderName: string;
  readonly permission: Permission;
  /** As the peer claims, cleaned for display. */
  readonly ownerName: string;
  readonly ownerEmail: string;
  readonly recipient: Email;
  /** The name under which our administrator registered the peer. */
  readonly peerName: string;
  readonly peerOrigin: string;
  readonly createdAt: number;
  readonly changedAt: number;
  readonly expiresAt: number | undefined;
  /** The mounted folder, once active. */
  readonly mountId: ItemId | undefined;
  /** Why an accepted share is not yet active, as a sentence. */
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
  /**
   * The peers to choose from: one page by name; the first page begins with those that are likely to be the recipient's.
   */
  readonly peers: ListPage<OfferedPeer>;
  /** The cloud that the invitee last named as missing; no request is sent to it. */
  readonly wishedCloud?: WishedCloud | undefined;
  /** Whether the invitee may type an address at a cloud that is not in the list. */
  readonly takesAddresses: boolean;
  readonly chosenPeerId: string | undefined;
}

/** One peer on the selection page. */
export interface OfferedPeer {
  readonly id: string;
  readonly name: string;
  readonly origin: string;
  /** Every web origin on which its consent page may be. */
  readonly pageOrigins: readonly string[];
  readonly suggested: boolean;
  readonly description: string | undefined;
  /**
   * Set where the invitee has to say who they are there (Open Cloud Mesh): the host, and an address that may be theirs, empty
   * when none is likely.
   */
  readonly asks: { readonly host: string; readonly likely: string } | undefined;
}

/** What the consent page shows to the signed-in recipient. */
export interface ProposalView extends IncomingView {
  /** Identifies exactly this content: a decision on another content is refused (threat model WEB-02, WEB-03). */
  readonly digest: string;
  /** Who shares it for its owner, where that is somebody else: an address of Open Cloud Mesh. */
  readonly sender: string | undefined;
  /** True for an offer by Open Cloud Mesh: no browser carries the answer. */
  readonly isOcm: boolean;
  /** Where the browser goes with the decision. */
  readonly callbackOrigin: string;
  /** True for an unsigned proposal, whose sender is not proven: the page warns (PRO-02). */
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

/** Everyone who can open a folder, for pages: the owner, one page of people here and one of people in other clouds. */
export interface Openers {
  /** Undefined when the owner is unknown. */
  readonly owner: Member | undefined;
  /** In the order in which they joined. */
  readonly here: ListPage<Member>;
  /** By the time of the last change, the latest first. */
  readonly abroad: ListPage<Member>;
}

/** The shares of one folder, by state: active, under way, or ended. */
export type FolderShares = 'open' | 'under-way' | 'over';

/** The result of sharing with a list of addresses. */
export interface ShareResult {
  readonly members: readonly { readonly name: string; readonly email: Email; readonly outcome: ShareOutcome }[];
  readonly proposals: readonly {
    readonly shareId: string;
    readonly email: Email;
    readonly state: OutgoingState;
    readonly outcome: ShareOutcome;
    /** The server at which it is offered without a letter; undefined: a letter invites. */
    readonly at?: string;
  }[];
  /** People of this cloud who cannot sign in: nothing was shared with them. */
  readonly disabled: readonly { readonly name: string; readonly email: Email }[];
}

/**
 * Whether somebody got the folder or the offer now (`new`), had it and now has other terms (`changed`), or had it on
 * these terms (`kept`).
 */
export type ShareOutcome = 'new' | 'changed' | 'kept';
