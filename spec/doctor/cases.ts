import type { DeliveryFacts, HalfFacts, HistoryEntry, PeerFacts, ShareFacts } from '../../src/doctor/index.js';
import { DAY, HOUR, MINUTE, parseEmail, type PeerId } from '../../src/kernel/index.js';

/** The moment of every case. */
export const NOW = Date.UTC(2026, 10, 21, 12);

const TRUSTED: PeerFacts = {
  id: 'birch' as PeerId,
  name: 'Birch',
  trust: 'trusted',
  hasKeys: true,
  isUnsigned: false,
  hearsEnds: true,
  hasMoved: false,
  clockAhead: 0,
  probe: undefined,
  restingUntil: undefined,
};

const OUTGOING: ShareFacts = {
  direction: 'outgoing',
  id: 'o1',
  shareId: 's1',
  state: 'accepted',
  endedBy: undefined,
  since: NOW - HOUR,
  folderName: 'Plans',
  permission: 'read-write',
  ownerName: 'Ana',
  ownerEmail: 'ana@alder.example',
  recipient: parseEmail('bo@birch.example'),
  peerName: 'Birch',
  createdAt: NOW - DAY,
  expiresAt: undefined,
  invitationExpiresAt: NOW + 29 * DAY,
  hasGrant: true,
};

/** What a case changes of a share with which nothing is wrong. */
export interface Change {
  readonly share?: Partial<ShareFacts>;
  readonly peer?: Partial<PeerFacts> | null;
  readonly history?: readonly Partial<HistoryEntry>[];
  readonly deliveries?: readonly Partial<DeliveryFacts>[];
  readonly mail?: HalfFacts['mail'];
  readonly storageTrouble?: string;
  readonly refused?: HalfFacts['refused'];
  readonly losses?: HalfFacts['losses'];
}

/** An outgoing share, accepted, its key on its way to Birch for the first time. */
export function outgoingCase({
  share,
  peer,
  history = [],
  deliveries,
  mail,
  storageTrouble,
  refused = [],
  losses = [],
}: Change = {}): HalfFacts {
  return {
    now: NOW,
    share: { ...OUTGOING, ...share },
    history: history.map(line),
    deliveries: (deliveries ?? [{}]).map(delivery),
    mail,
    peer: peer === null ? undefined : { ...TRUSTED, ...peer },
    refused,
    losses,
    storageTrouble,
  };
}

/** An incoming share, active, its next check planned. */
export function incomingCase(change: Change = {}): HalfFacts {
  const share: Partial<ShareFacts> = {
    direction: 'incoming',
    id: 'i1',
    state: 'active',
    invitationExpiresAt: undefined,
  };
  const planned = { kind: 'probe', lane: 'incoming:i1', standing: 'scheduled', runAt: NOW + 20 * HOUR } as const;
  return outgoingCase({ deliveries: [planned], ...change, share: { ...share, ...change.share } });
}

/** A message whose last attempt left this note. */
export function failing(lastAnswer: string, change: Partial<DeliveryFacts> = {}): Partial<DeliveryFacts> {
  const tried = { attempts: 3, lastAttemptAt: NOW - MINUTE, lastAnswer, runAt: NOW + 5 * MINUTE };
  return { standing: 'failing', ...tried, ...change };
}

/** A message that was given up. */
export function failed(lastAnswer: string, change: Partial<DeliveryFacts> = {}): Partial<DeliveryFacts> {
  return failing(lastAnswer, { standing: 'failed', state: 'failed', ...change });
}

function line(change: Partial<HistoryEntry>): HistoryEntry {
  return { at: NOW - HOUR, event: 'accept', from: 'sent', to: 'accepted', actor: 'Birch', note: '', ...change };
}

function delivery(change: Partial<DeliveryFacts>): DeliveryFacts {
  return {
    id: 7,
    kind: 'credentials',
    peerId: 'birch',
    lane: 'outgoing:o1:s1',
    state: 'queued',
    standing: 'waiting',
    attempts: 0,
    runAt: NOW,
    createdAt: NOW - HOUR,
    expiresAt: undefined,
    lastAttemptAt: undefined,
    lastAnswer: undefined,
    ...change,
  };
}
