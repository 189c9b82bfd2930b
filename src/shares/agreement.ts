import type { Email, Fields, Permission } from '../kernel/index.js';

/** A proposal as both sides understand it, whatever the wire calls its fields. */
export interface Offer {
  readonly shareId: string;
  /** Absolute URL of the shared folder at the origin. */
  readonly resourceUrl: string;
  readonly ownerName: string;
  readonly ownerEmail: string;
  readonly folderName: string;
  readonly permission: Permission;
  readonly recipient: Email;
  /** Where the recipient's decision goes. */
  readonly callback: string;
  /** The owner's expiry, milliseconds. */
  readonly expiresAt: number | undefined;
}

/** The credentials that open the shared folder, as carried by the credentials message. */
export interface GrantMessage {
  readonly shareId: string;
  readonly token: string;
  readonly secret: string;
}

/** Why an agreement ends (cloudspaces-interop.md 7). */
export type EndReason = 'revoked' | 'left' | 'withdrawn' | 'expired' | 'deleted';

/** The end of an agreement; peers that give no reason leave it out. */
export interface EndMessage {
  readonly shareId: string;
  readonly reason: EndReason | undefined;
}

/** The recipient's answer. */
export interface DecisionMessage {
  readonly shareId: string;
  readonly accepted: boolean;
}

/** How the invitee's browser goes on after a choice; every address has been checked to be the peer's. */
export type Passage =
  /** Send it there. */
  | { readonly kind: 'page'; readonly location: URL }
  /** It carries the proposal there itself, as the fields of a form that it posts (cloudspaces-interop.md 3). */
  | { readonly kind: 'form'; readonly action: URL; readonly fields: Fields };

/** What a peer made of a proposal. */
export type OfferAnswer =
  | Passage
  /** The peer said no for good; 409 asks for a new share_id. */
  | { readonly kind: 'refused'; readonly status: number; readonly note: string }
  /** Try again later or pick another cloud. */
  | { readonly kind: 'unreachable'; readonly note: string };

/** What a peer made of a message that needs no person (reliability.md DLV-05). */
export type MessageAnswer =
  | { readonly kind: 'taken'; readonly note: string }
  /** 404: unknown there. */
  | { readonly kind: 'unknown'; readonly note: string }
  /** 409: does not fit the state there. */
  | { readonly kind: 'unfit'; readonly note: string }
  /** 400, 415: wrong for good. */
  | { readonly kind: 'malformed'; readonly note: string }
  /** Anything that time may mend. */
  | {
      readonly kind: 'trouble';
      readonly note: string;
      readonly retryAfter: number | undefined;
      readonly slow: boolean;
    };
