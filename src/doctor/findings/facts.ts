import type { DeliveryRecord, DeliveryStanding } from '../../deliveries/index.js';
import type { ListingLoss } from '../../files/index.js';
import type { Email, PeerId, Permission } from '../../kernel/index.js';
import type { DialectName, PeerProbe, RefusedMessage } from '../../peers/index.js';
import type { IncomingState, OutgoingState, OutgoingView } from '../../shares/index.js';

/** Everything that is known of one half of one agreement at one moment; read once, judged by {@link diagnose}. */
export interface HalfFacts {
  /** Milliseconds. */
  readonly now: number;
  readonly share: ShareFacts;
  /** The transition log, oldest first. */
  readonly history: readonly HistoryEntry[];
  /** What is on its way for this half, or failed on it, in order. */
  readonly deliveries: readonly DeliveryFacts[];
  /** What became of the invitation's newest mail; undefined where nobody is invited by mail. */
  readonly mail: MailFacts | undefined;
  /** The other cloud; undefined until one is chosen. */
  readonly peer: PeerFacts | undefined;
  /** Messages of the other cloud about this half that were refused here, the newest first. */
  readonly refused: readonly RefusedMessage[];
  /** Folders of it that could not be read whole when they were listed last; of incoming shares. */
  readonly losses: readonly ListingLoss[];
  /** What keeps this cloud from storing files, if anything does (reliability.md DUR-04, OPS-07). */
  readonly storageTrouble: string | undefined;
}

/** One half, as far as it matters to whoever asks what is wrong. */
export interface ShareFacts {
  readonly direction: 'outgoing' | 'incoming';
  readonly id: string;
  readonly shareId: string;
  readonly state: OutgoingState | IncomingState;
  /** As its own person sees it; undefined while it lasts. */
  readonly endedBy: OutgoingView['endedBy'];
  /** When it got into this state, milliseconds. */
  readonly since: number;
  readonly folderName: string;
  readonly permission: Permission;
  readonly ownerName: string;
  readonly ownerEmail: string;
  readonly recipient: Email;
  readonly peerName: string | undefined;
  /** In which dialect it was made, where that is not the other cloud's own. */
  readonly dialect?: DialectName | undefined;
  readonly createdAt: number;
  readonly expiresAt: number | undefined;
  /** When an unanswered invitation ends; of outgoing shares. */
  readonly invitationExpiresAt: number | undefined;
  /** Whether the other cloud has handed over the key; of incoming shares. */
  readonly hasGrant: boolean;
  /** Since when the other cloud refuses the key, milliseconds; of incoming shares. */
  readonly refusedSince?: number | undefined;
}

/** One line of the transition log, with people and clouds named. */
export interface HistoryEntry {
  readonly at: number;
  readonly event: string;
  readonly from: string | undefined;
  readonly to: string;
  readonly actor: string;
  readonly note: string;
}

/** A message, and how it stands. */
export interface DeliveryFacts extends DeliveryRecord {
  readonly standing: DeliveryStanding;
}

/** The mail of an invitation. */
export interface MailFacts {
  readonly state: 'queued' | 'sent' | 'refused' | 'unwanted';
  readonly at: number | undefined;
}

/** The other cloud as a server of Open Cloud Mesh: keys are not exchanged with it. */
export interface OcmFacts {
  /** When its key was found to be another one, milliseconds. */
  readonly keyChangedAt: number | undefined;
  /** Whether nobody registered it. */
  readonly isMet: boolean;
  /** What its administrator has to do before it takes anything from us. */
  readonly notes: readonly string[];
}

/** The other cloud. */
export interface PeerFacts {
  readonly id: PeerId;
  readonly name: string;
  readonly trust: 'trusted' | 'blocked' | 'removed';
  /** Its own dialect; undefined of one that was removed. */
  readonly dialect?: string | undefined;
  /** Whether the keys are recorded with which we sign to it. */
  readonly hasKeys: boolean;
  readonly isUnsigned: boolean;
  /** Clouds of its make take keys by GET alone as they are published, and its flag for that is not set. */
  readonly mayWantGet?: boolean;
  /** What matters of it where the share is one of Open Cloud Mesh; undefined for others. */
  readonly ocm?: OcmFacts | undefined;
  /** Whether it has an address at which it is told of ends. */
  readonly hearsEnds: boolean;
  /** Its addresses are no longer those that the invitee chose (threat model CRD-07). */
  readonly hasMoved: boolean;
  /** Seconds by which its clock is ahead of ours, when that last mattered; 0: not notably. */
  readonly clockAhead: number;
  /** What was found when it was last asked whether the clouds fit together; undefined: it never was. */
  readonly probe: PeerProbe | undefined;
  /** Calls to it rest until then, milliseconds (PEER-02). */
  readonly restingUntil: number | undefined;
}
