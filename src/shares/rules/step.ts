import type { NewDelivery } from '../../deliveries/index.js';
import type { IncomingPatch } from '../incoming-share.js';
import type { OutgoingPatch } from '../outgoing-share.js';
import type { OpenFinding } from '../probe-finding.js';
import type { IncomingEvent, OutgoingEvent } from '../transitions.js';

/**
 * What a rule wants done with one half of an agreement, as data: one change of the row by compare-and-set, and what
 * follows from it in the same transaction, in this order. When the change does not fit any more, nothing is done.
 */
export interface Step<Event, Patch, Effect> {
  readonly change?: {
    /** Moves the state by the table of transitions; without it only the patch is written. */
    readonly event?: Event;
    readonly patch?: Patch;
    readonly note?: string;
  };
  readonly effects: readonly Effect[];
}

/** Effects on the queue of messages. */
export type QueueEffect =
  | { readonly kind: 'queue'; readonly delivery: NewDelivery }
  /** Removes what a lane holds, or only messages of `kinds`. */
  | { readonly kind: 'drop'; readonly lane: string; readonly kinds?: readonly string[] };

/** What can follow at the origin. */
export type OriginEffect =
  | QueueEffect
  /** The live grant, made now if there is none; bound to the peer and terms that the row has after the change. */
  | { readonly kind: 'mint-grant' }
  | { readonly kind: 'kill-grant' }
  /** A line in the transition log that the peer was reminded of the end. */
  | { readonly kind: 'log-reminder' };

/** What can follow at the destination. */
export type DestinationEffect =
  | QueueEffect
  | { readonly kind: 'mount'; readonly finding: OpenFinding }
  | { readonly kind: 'change-mount'; readonly finding: OpenFinding }
  | { readonly kind: 'unmount' };

export type OriginStep = Step<OutgoingEvent, OutgoingPatch, OriginEffect>;
export type DestinationStep = Step<IncomingEvent, IncomingPatch, DestinationEffect>;

/** Nothing changes and nothing follows. */
export const NOTHING = { effects: [] } as const;
