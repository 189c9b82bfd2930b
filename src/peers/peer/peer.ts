import type { PeerId } from '../../kernel/index.js';
import type { OcmTerms } from './ocm-terms.js';

/** The dialects that the wire contracts know (cloudspaces-interop.md 1, `dialect`). */
export const DIALECTS = ['spec', 'csinterop', 'nec', 'ocm'] as const;
export type DialectName = (typeof DIALECTS)[number];

/** How a peer takes a proposal (cloudspaces-interop.md 1, `transport_share`). */
export const TRANSPORTS = ['server-post', 'browser-post', 'browser-get'] as const;
export type ProposalTransport = (typeof TRANSPORTS)[number];

/** An OAuth 1.0a consumer key with its secret. */
export interface ConsumerPair {
  readonly key: string;
  readonly secret: string;
}

/** How many messages of a peer are taken a minute; undefined: as many as this program thinks fit. */
export interface PeerLimits {
  /** Messages that begin an agreement (threat model PRO-07). */
  readonly proposals: number | undefined;
  /** All others. */
  readonly messages: number | undefined;
}

/** The pair before the newest one: it still proves the peer until the newest is used. */
export interface PreviousPair extends ConsumerPair {
  /** Milliseconds; undefined while the peer has not said that it took the newest. */
  readonly until: number | undefined;
}

/** What asking a peer found: by a signed call, or, where it speaks only Open Cloud Mesh, what it says of itself. */
export const PROBE_OUTCOMES = [
  'well',
  'awaited',
  'keyless',
  'refused',
  'unreachable',
  'unasked',
  'odd',
  'absent',
  'closed',
  'unsigned',
] as const;
export type ProbeOutcome = (typeof PROBE_OUTCOMES)[number];

/** The result of the last probe of a peer. */
export interface PeerProbe {
  readonly outcome: ProbeOutcome;
  /** Milliseconds. */
  readonly at: number;
  /** When a probe last succeeded, milliseconds. */
  readonly wellAt: number | undefined;
}

/** A new address as the peer itself named it. */
export interface SaidAddress {
  /** An origin. */
  readonly address: string;
  /** Milliseconds. */
  readonly at: number;
}

/** Another cloud that this one trusts. */
export interface Peer {
  readonly id: PeerId;
  /** As the administrator registered it: what people are shown, above anything that the peer claims. */
  readonly name: string;
  /** `ocm`: it speaks nothing else, and consumer keys are not asked of it. */
  readonly dialect: DialectName;
  readonly transport: ProposalTransport;
  /** Which storage API opens its folders: `stacksync-v2` or another adapter's name. */
  readonly storageApi: string;
  readonly shareUrl: string;
  /** Undefined: the peer is not told of ends; it notices when a token stops working. */
  readonly unshareUrl: string | undefined;
  readonly credentialsUrl: string;
  /** Origins allowed in resource_url and callback: scheme, host, effective port; compared after parsing (G7). */
  readonly origins: readonly string[];
  readonly emailDomains: readonly string[];
  /** A sentence for the people who choose between clouds. */
  readonly description: string | undefined;
  /** Where its picture was fetched from; pages show the copy that {@link Logos} keep. */
  readonly logoUrl: string | undefined;
  readonly limits: PeerLimits;
  /** Where a recipient's browser is sent after the callback. */
  readonly returnUrl: string | undefined;
  /** The peer cannot sign. This is insecure, and every page that shows the peer says so. */
  readonly allowUnsigned: boolean;
  /** The peer takes credentials by GET only. This is insecure, and every page that shows the peer says so. */
  readonly credentialsByGet: boolean;
  /** The peer signs its requests to us with this pair. */
  readonly inbound: ConsumerPair;
  readonly previousInbound: PreviousPair | undefined;
  /** We sign our requests to the peer with this pair; undefined until it is recorded. */
  readonly outbound: ConsumerPair | undefined;
  /** What it is in Open Cloud Mesh; undefined when it does not speak that. */
  readonly ocm: OcmTerms | undefined;
  /** A blocked peer neither appears in the list nor is accepted. */
  readonly blocked: boolean;
  /** Undefined before it was first asked. */
  readonly probe: PeerProbe | undefined;
  /** A new address that the peer has announced in a signed message; undefined if there is none. */
  readonly said: SaidAddress | undefined;
  /** Milliseconds. */
  readonly createdAt: number;
  readonly changedAt: number;
}

/** A peer as lists show it: no secret is opened for it. */
export interface PeerSummary extends Omit<Peer, 'inbound' | 'previousInbound' | 'outbound'> {
  /** Whether the pair is recorded with which we sign to it. */
  readonly hasKeys: boolean;
}
