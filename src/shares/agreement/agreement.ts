import type { AccountId, Email, Fields, ItemId, Permission } from '../../kernel/index.js';

/** The name of an agreement, as a message gives it. */
export interface ShareName {
  /** The name as it is spelt in the message. */
  readonly shareId: string;
  /** The text by which it is compared, if that is not its spelling; see {@link shareKeyOf}. */
  readonly shareKey?: string;
}

/**
 * The text by which names of one peer are compared: the same for all spellings of one name; for most peers the spelling
 * itself.
 */
export function shareKeyOf({ shareId, shareKey }: ShareName): string {
  return shareKey ?? shareId;
}

/** What is shared, a folder or a single file (cloudspaces-interop.md 13). */
export type ResourceKind = 'file' | 'folder';

/** The terms of a proposal, independent of the names of wire fields. */
export interface ProposalTerms extends ShareName {
  readonly kind: ResourceKind;
  readonly ownerName: string;
  readonly ownerEmail: string;
  readonly folderName: string;
  readonly permission: Permission;
  readonly recipient: Email;
  /** The owner's expiry, milliseconds. */
  readonly expiresAt: number | undefined;
}

/** A proposal of another cloud, as its dialect has read it. */
export interface Offer extends ProposalTerms {
  /** The storage API through which the shared item is reached. */
  readonly storageApi: string;
  /** The address of the shared item, in the form of that storage API. */
  readonly resourceUrl: string;
  /** Where the recipient's decision goes. */
  readonly callback: string;
}

/** What the address of a proposal names. */
export type OfferedResource = Pick<Offer, 'kind' | 'storageApi'>;

/** A proposal of this cloud. The addresses that stand in it are made by the dialect that sends it. */
export interface OwnOffer extends ProposalTerms {
  readonly itemId: ItemId;
  /** The unguessable part of the callback address; in Open Cloud Mesh the secret that opens the share. */
  readonly callbackWord: string;
  /** The address of the recipient in Open Cloud Mesh, as it is sent. */
  readonly recipientAddress?: string | undefined;
  /** True when the secret opens nothing before it was exchanged for a token. */
  readonly demandsToken?: boolean;
}

/** The credentials of a share, as the origin sent them. */
export type ShareCredentials =
  /** A token of OAuth 1.0a, used beside the consumer pair that the peer issued to us. */
  | { readonly kind: 'oauth1'; readonly token: string; readonly secret: string }
  | {
      readonly kind: 'bearer';
      readonly token: string;
      /** It is exchanged for a short-lived token first: always, or where that works. */
      readonly exchange?: 'must' | 'may';
    }
  | { readonly kind: 'basic'; readonly user: string; readonly password: string };

/** The secret in the credentials of a share of Open Cloud Mesh; undefined for a pair of OAuth. */
export function secretOf(credentials: ShareCredentials): string | undefined {
  if (credentials.kind === 'oauth1') return undefined;
  return credentials.kind === 'bearer' ? credentials.token : credentials.user;
}

/** Credentials that another cloud sends. */
export interface GrantMessage extends ShareName {
  readonly credentials: ShareCredentials;
}

/** Credentials that this cloud sends; its grants are tokens of OAuth 1.0a. */
export interface OwnGrant extends ShareName {
  readonly token: string;
  readonly secret: string;
}

/** Why an agreement can end (cloudspaces-interop.md 7). */
export const END_REASONS = ['revoked', 'left', 'withdrawn', 'expired', 'deleted'] as const;

/** Why an agreement ends. */
export type EndReason = (typeof END_REASONS)[number];

/** The end of an agreement; some peers give no reason. */
export interface EndMessage extends ShareName {
  readonly reason: EndReason | undefined;
}

/** The end of an agreement as this cloud tells it; what only Open Cloud Mesh says may be missing. */
export interface OwnEnd extends EndMessage {
  /** Which half of the agreement is here. */
  readonly toldBy: 'origin' | 'destination';
  /** The secret of the share. */
  readonly secret?: string | undefined;
  /** The address of its recipient, as it was sent. */
  readonly grantee?: string | undefined;
}

/** The recipient's answer. */
export interface DecisionMessage {
  readonly shareId: string;
  readonly accepted: boolean;
}

/** The recipient's answer as this cloud tells it; what only Open Cloud Mesh says may be missing. */
export interface OwnDecision extends DecisionMessage {
  /** The secret of the share. */
  readonly secret?: string | undefined;
  /** The address of its recipient, as it was sent. */
  readonly grantee?: string | undefined;
}

/** What comes with a proposal of Open Cloud Mesh: the share can be opened at once, and waits for its recipient all the same. */
export interface BroughtKey {
  readonly dialect: 'ocm';
  /** Not used before the recipient has accepted. */
  readonly credentials: ShareCredentials;
  /** The address of the recipient, as the peer wrote it. */
  readonly recipientAddress: string;
  /** The person of this cloud that it names. */
  readonly recipientId: AccountId;
  /** Who shares it for its owner, where that is somebody else. */
  readonly sender: string | undefined;
  /** True when nobody has proven that the peer sent it. */
  readonly isUnverified: boolean;
  /** The message does not say whether it is a file or a folder. */
  readonly isKindOpen: boolean;
  /** True when no yes of the recipient is waited for. */
  readonly acceptsAlone: boolean;
}

/** Where the invitee's browser goes after a choice; every address has been checked to be the peer's. */
export type Passage =
  /** Redirect it there. */
  | { readonly kind: 'page'; readonly location: URL }
  /** It posts the proposal there itself, as a form (cloudspaces-interop.md 3). */
  | { readonly kind: 'form'; readonly action: URL; readonly fields: Fields }
  /** Nowhere: the peer has taken the proposal from us, and shows it to its recipient. */
  | {
      readonly kind: 'waiting-there';
      /** The host of the peer, for people to read. */
      readonly host: string;
      /** See {@link ChosenAddresses}. */
      readonly acceptsByUse: boolean;
    };

/** The peer has taken nothing yet: its people get shares only of those whom they have met through an invitation. */
export interface Unmet {
  readonly kind: 'unmet';
  /** A sentence about it; it may end with what the peer says. */
  readonly why: string;
}

/** A peer's answer to a proposal. */
export type OfferAnswer =
  | Passage
  /** The peer refused it finally; 409 asks for a new `share_id`. */
  | {
      readonly kind: 'refused';
      readonly status: number;
      readonly note: string;
      /** It may take it once owner and recipient have met through an invitation (open-cloud-mesh.md 7). */
      readonly mustMeet?: boolean;
    }
  /** Try again later or pick another cloud. */
  | {
      readonly kind: 'unreachable';
      readonly note: string;
      /** Seconds that it asks us to wait. */
      readonly retryAfter?: number | undefined;
      /** Nothing was sent, because our own guard refused. */
      readonly unasked?: boolean;
    };

/** A peer's answer to a message that needs no person (reliability.md DLV-05). */
export type MessageAnswer =
  | { readonly kind: 'taken'; readonly note: string }
  /** 404: the share is unknown there. */
  | { readonly kind: 'unknown'; readonly note: string }
  /** 409: the message does not fit the state there. */
  | { readonly kind: 'unfit'; readonly note: string }
  /** 400, 415: the message is wrong, so that repeating it is useless. */
  | { readonly kind: 'malformed'; readonly note: string }
  /** Any other error: a retry may succeed. */
  | {
      readonly kind: 'trouble';
      readonly note: string;
      readonly retryAfter: number | undefined;
      readonly slow: boolean;
      /** Nothing was sent, because our own guard refused, which says nothing about the peer (ruling F-14). */
      readonly unasked?: boolean;
    };
