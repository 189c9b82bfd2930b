import type { NewDelivery } from '../../deliveries/index.js';
import type { Permission } from '../../kernel/index.js';
import type { IncomingPatch } from '../agreement/incoming-share.js';
import type { OutgoingPatch } from '../agreement/outgoing-share.js';
import type { OpenFinding } from '../agreement/probe-finding.js';
import type { IncomingEvent, OutgoingEvent } from '../agreement/transitions.js';

/**
 * What a rule wants to happen to one half of an agreement, as data: one change of the row by compare-and-set, and
 * effects in the same transaction, in this order. If the change does not fit any more, nothing is done.
 */
export interface Step<Event, Patch, Effect> {
  readonly change?: RowChange<Event, Patch>;
  readonly effects: readonly Effect[];
}

/** Moves the state of a share, writes a patch, or both; fits only the revision that the rule looked at. */
export interface RowChange<Event, Patch> {
  /** Moves the state by the table of transitions; without it only the patch is written. */
  readonly event?: Event;
  readonly patch?: Patch;
  readonly note?: string;
}

/** Effects on the queue of messages. */
export type QueueEffect =
  | { readonly kind: 'queue'; readonly delivery: NewDelivery }
  /** Removes what a lane holds, or only messages of `kinds`. */
  | { readonly kind: 'drop'; readonly lane: string; readonly kinds?: readonly string[] };

/** Effects at the origin. */
export type OriginEffect =
  | QueueEffect
  /** Makes the live grant, if there is none, for the peer and the terms in the changed row. */
  | { readonly kind: 'mint-grant' }
  | { readonly kind: 'kill-grant' }
  /** A line in the transition log that the peer was reminded of the end. */
  | { readonly kind: 'log-reminder' };

/** Effects at the destination. */
export type DestinationEffect =
  | QueueEffect
  /** Makes a waiting message of a lane due, but not sooner than `interval` (milliseconds) after it was queued. */
  | { readonly kind: 'hasten'; readonly lane: string; readonly message: string; readonly interval: number }
  | { readonly kind: 'mount'; readonly finding: OpenFinding }
  | { readonly kind: 'change-mount'; readonly finding: OpenFinding }
  | { readonly kind: 'permit-mount'; readonly permission: Permission }
  /** Stores whether requests into the mount are allowed: not while the grant is refused. */
  | { readonly kind: 'mark-mount'; readonly refused: boolean }
  | { readonly kind: 'unmount' };

export type OutgoingChange = RowChange<OutgoingEvent, OutgoingPatch>;
export type IncomingChange = RowChange<IncomingEvent, IncomingPatch>;
export type OriginStep = Step<OutgoingEvent, OutgoingPatch, OriginEffect>;
export type DestinationStep = Step<IncomingEvent, IncomingPatch, DestinationEffect>;

/** Nothing changes and nothing follows. */
export const NOTHING = { effects: [] } as const;
