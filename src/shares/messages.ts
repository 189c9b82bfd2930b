import { DAY, type AccountId, type Email } from '../kernel/index.js';
import type { Transaction } from '../platform/index.js';
import type { EndReason } from './agreement.js';

/** Kinds of deliveries that shares queue; `federation` sends them. */
export const CREDENTIALS = 'credentials';
export const UNSHARE = 'unshare';
export const DECISION = 'decision';
export const PROBE = 'probe';

/** What a credentials delivery carries: never the secret itself, which is read when it is sent. */
export interface CredentialsPayload {
  readonly outgoingId: string;
  readonly shareId: string;
}

/** What an unshare delivery carries: all it needs, because the share may since have moved on to another peer. */
export interface UnsharePayload {
  readonly shareId: string;
  readonly reason: EndReason;
}

/** What the repeated decision and the probe carry. */
export interface IncomingPayload {
  readonly incomingId: string;
}

/** Ends are told for this long (reliability.md DLV-04), milliseconds. */
export const UNSHARE_LIFE = 30 * DAY;

/**
 * The lane of an outgoing share's deliveries: one per chosen peer, so that the first peer's outage does not hold up the
 * second (DLV-03).
 */
export function outgoingLane(outgoingId: string, shareId: string): string {
  return `outgoing:${outgoingId}:${shareId}`;
}

/** The lane of an incoming share's deliveries. */
export function incomingLane(incomingId: string): string {
  return `incoming:${incomingId}`;
}

/** The lanes of everything that is sent for one half of an agreement: messages to the other cloud, and mail. */
export function lanesOf({ direction, id }: HalfName): string[] {
  return [`${direction}:${id}`, `mail:${direction}:${id}`];
}

/** The half that a lane belongs to; undefined when it is nobody's. */
export function halfOfLane(lane: string): HalfName | undefined {
  const match = /^(?:mail:)?(outgoing|incoming):([A-Za-z0-9]+)(?::|$)/.exec(lane);
  const [, direction, id] = match ?? [];
  if (id === undefined || (direction !== 'outgoing' && direction !== 'incoming')) return undefined;
  return { direction, id };
}

/** Names one half of one agreement in this cloud. */
export interface HalfName {
  readonly direction: 'outgoing' | 'incoming';
  readonly id: string;
}

/** A letter to be mailed. */
export interface Letter {
  readonly letter: string;
  readonly to: Email;
  readonly data: Readonly<Record<string, string>>;
  /** The share it tells of, so that what becomes of it can be looked up there. */
  readonly about?: HalfName;
  /** Whose wishes count when it is a letter that people may do without. */
  readonly reader?: AccountId;
}

/** Queues a mail inside the caller's transaction. */
export type Post = (trx: Transaction, letter: Letter) => Promise<void>;
