import { DAY, type AccountId, type Email } from '../../kernel/index.js';
import type { DialectName } from '../../peers/index.js';
import type { Transaction } from '../../platform/index.js';
import type { EndReason } from './agreement.js';
import type { IncomingShare } from './incoming-share.js';

/** Kinds of deliveries that shares queue; `federation` sends them. */
export const OFFER = 'offer';
export const CREDENTIALS = 'credentials';
export const UNSHARE = 'unshare';
export const DECISION = 'decision';
export const PROBE = 'probe';
export const TERMS = 'terms';

/** The kind of delivery that carries a {@link ShareLetter}. */
export const MAIL = 'mail';

/** The payload of changed terms. It does not contain them: those that hold when it is sent are told. */
export interface TermsPayload {
  readonly outgoingId: string;
  readonly shareId: string;
}

/** The payload of an offer that is sent without a person who waits. It contains no secret. */
export interface OfferPayload {
  readonly outgoingId: string;
  readonly shareId: string;
}

/** The payload of a credentials delivery. It does not contain the secret, which is read when it is sent. */
export interface CredentialsPayload {
  readonly outgoingId: string;
  readonly shareId: string;
}

/**
 * The payload of an unshare delivery. It is complete, because the share may have been offered to another peer since.
 */
export interface UnsharePayload {
  readonly shareId: string;
  readonly reason: EndReason;
  /** What only Open Cloud Mesh needs: its messages prove themselves by the secret, also once it opens nothing any more. */
  readonly ocm?: {
    readonly half: HalfName;
    /** Sealed as in the row of the half. */
    readonly secretSealed: string | undefined;
    readonly grantee: string | undefined;
  };
}

/** The payload of repeated decisions and of probes. */
export interface IncomingPayload {
  readonly incomingId: string;
}

/** How long messages about ends are retried (reliability.md DLV-04), milliseconds. */
export const UNSHARE_LIFE = 30 * DAY;

/**
 * The lane of an outgoing share's deliveries: one per chosen peer, so that an outage of the first one does not hold up
 * the second (DLV-03).
 */
export function outgoingLane(outgoingId: string, shareId: string): string {
  return `outgoing:${outgoingId}:${shareId}`;
}

/** The lane of an incoming share's deliveries. */
export function incomingLane(incomingId: string): string {
  return `incoming:${incomingId}`;
}

/**
 * The lane of what the peer is told about an incoming share. In Open Cloud Mesh it is a lane of its own: the share can be opened
 * whether or not the peer takes our messages.
 */
export function tellingLane({ id, dialect }: Pick<IncomingShare, 'id' | 'dialect'>): string {
  return isOcm({ dialect }) ? `incoming:${id}:told` : incomingLane(id);
}

/** Whether a share was made by Open Cloud Mesh. */
export function isOcm({ dialect }: { readonly dialect: DialectName | undefined }): boolean {
  return dialect === 'ocm';
}

/**
 * Whether an owner's offer goes to its recipient by mail, with a link at which they pick a cloud. By Open Cloud Mesh it goes to the
 * server in their address, which shows it to them.
 */
export function isMailed(share: { readonly dialect?: DialectName | undefined }): boolean {
  return !isOcm({ dialect: share.dialect });
}

/** The lanes of everything that is sent for one half of an agreement: messages to the other cloud, and mail. */
export function lanesOf({ direction, id }: HalfName): string[] {
  return [`${direction}:${id}`, `mail:${direction}:${id}`];
}

/** The half that a lane belongs to; undefined for other lanes. */
export function halfOfLane(lane: string): HalfName | undefined {
  const match = /^(?:mail:)?(outgoing|incoming):([A-Za-z0-9]+)(?::|$)/.exec(lane);
  const [, direction, id] = match ?? [];
  if (id === undefined || (direction !== 'outgoing' && direction !== 'incoming')) return undefined;
  return { direction, id };
}

/** Identifies one half of an agreement in this cloud. */
export interface HalfName {
  readonly direction: 'outgoing' | 'incoming';
  readonly id: string;
}

/** A letter to be mailed. */
export interface ShareLetter {
  readonly letter: string;
  readonly to: Email;
  readonly data: Readonly<Record<string, string>>;
  /** The share that it is about, so that its delivery can be shown there. */
  readonly about?: HalfName;
  /** Whose settings decide whether it is sent, for letters that people can turn off. */
  readonly reader?: AccountId;
}

/** Queues a mail inside the caller's transaction. */
export type QueueShareLetter = (trx: Transaction, letter: ShareLetter) => Promise<void>;
