/** States of the origin's half (product.md, "States"). */
export const OUTGOING_STATES = [
  'created',
  'sent',
  'accepted',
  'active',
  'declined',
  'withdrawn',
  'expired',
  'revoked',
  'left',
] as const;
export type OutgoingState = (typeof OUTGOING_STATES)[number];

/** States of the destination's half. */
export const INCOMING_STATES = [
  'pending',
  'accepted',
  'active',
  'declined',
  'withdrawn',
  'expired',
  'revoked',
  'left',
] as const;
export type IncomingState = (typeof INCOMING_STATES)[number];

/** What can happen to the origin's half. */
export const OUTGOING_EVENTS = [
  /** the invitee picks a peer (or another one) */
  'choose',
  /** the chosen peer did not take the proposal */
  'offer-failed',
  /** the recipient's answer, at the callback */
  'accept',
  'decline',
  /** the peer took the credentials */
  'delivered',
  /** the peer refused the credentials for good */
  'refused',
  /** the owner withdraws or revokes it, the folder or account is deleted, the peer is blocked */
  'end',
  /** nobody answered in time */
  'lapse',
  /** the owner's expiry has come */
  'expire',
  /** the peer tells the end */
  'left',
  /** the chosen peer's addresses have changed since the choice */
  'repoint',
] as const;
export type OutgoingEvent = (typeof OUTGOING_EVENTS)[number];

/** What can happen to the destination's half. */
export const INCOMING_EVENTS = [
  'accept',
  'decline',
  /** nobody answered in time */
  'lapse',
  /** the grant worked */
  'mounted',
  /** the peer has sent the end, with this reason */
  'told-withdrawn',
  'told-expired',
  'told-revoked',
  /** the origin has refused the grant for so long that the share is over; the owner's expiry has passed, or not */
  'dead-expired',
  'dead-revoked',
  /** the recipient leaves, their account is disabled or removed, the peer is blocked */
  'leave',
] as const;
export type IncomingEvent = (typeof INCOMING_EVENTS)[number];

type Table<State extends string, Event extends string> = Readonly<
  Record<State, Readonly<Partial<Record<Event, State>>>>
>;

/**
 * The origin's transitions (cloudspaces-interop.md 8, side A). An event without an entry for the current state changes
 * nothing. End states have no entries. The same table serves every dialect.
 */
const OUTGOING: Table<OutgoingState, OutgoingEvent> = {
  created: { choose: 'sent', end: 'withdrawn', lapse: 'expired', expire: 'expired' },
  sent: {
    choose: 'sent',
    'offer-failed': 'created',
    accept: 'accepted',
    decline: 'declined',
    end: 'withdrawn',
    lapse: 'expired',
    expire: 'expired',
    left: 'left',
    repoint: 'created',
  },
  accepted: {
    delivered: 'active',
    refused: 'revoked',
    end: 'revoked',
    expire: 'expired',
    left: 'left',
    repoint: 'created',
  },
  active: { refused: 'revoked', end: 'revoked', expire: 'expired', left: 'left' },
  declined: {},
  withdrawn: {},
  expired: {},
  revoked: {},
  left: {},
};

/** The destination's transitions (cloudspaces-interop.md 8, side B). */
const INCOMING: Table<IncomingState, IncomingEvent> = {
  pending: {
    accept: 'accepted',
    decline: 'declined',
    lapse: 'expired',
    'told-withdrawn': 'withdrawn',
    'told-expired': 'expired',
    'told-revoked': 'revoked',
    leave: 'left',
  },
  accepted: {
    mounted: 'active',
    'told-withdrawn': 'withdrawn',
    'told-expired': 'expired',
    'told-revoked': 'revoked',
    'dead-expired': 'expired',
    'dead-revoked': 'revoked',
    leave: 'left',
  },
  active: {
    'told-withdrawn': 'withdrawn',
    'told-expired': 'expired',
    'told-revoked': 'revoked',
    'dead-expired': 'expired',
    'dead-revoked': 'revoked',
    leave: 'left',
  },
  declined: {},
  withdrawn: {},
  expired: {},
  revoked: {},
  left: {},
};

/** Where an outgoing share goes on an event; undefined when the event does not fit. */
export function nextOutgoing(state: OutgoingState, event: OutgoingEvent): OutgoingState | undefined {
  return OUTGOING[state][event];
}

/** Where an incoming share goes on an event; undefined when the event does not fit. */
export function nextIncoming(state: IncomingState, event: IncomingEvent): IncomingState | undefined {
  return INCOMING[state][event];
}

const ENDS: ReadonlySet<string> = new Set(
  Object.entries({ ...OUTGOING, ...INCOMING }).flatMap(([state, ways]) =>
    Object.keys(ways).length === 0 ? [state] : [],
  ),
);

/** True for states that nothing leaves, on either side. */
export function isEnd(state: OutgoingState | IncomingState): boolean {
  return ENDS.has(state);
}

/** True when a half in this state has recorded this answer of the recipient, and has not moved past it. */
export function isRecorded(state: OutgoingState | IncomingState, accepted: boolean): boolean {
  return accepted ? state === 'accepted' || state === 'active' : state === 'declined';
}
