import type { PeerId } from '../kernel/index.js';

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

/** What a signed call to a peer found. */
export const PROBE_OUTCOMES = ['well', 'awaited', 'keyless', 'refused', 'unreachable', 'unasked', 'odd'] as const;
export type ProbeOutcome = (typeof PROBE_OUTCOMES)[number];

/** How a peer was last found to be. */
export interface Probe {
  readonly outcome: ProbeOutcome;
  /** Milliseconds. */
  readonly at: number;
  /** When all was last well. */
  readonly wellAt: number | undefined;
}

/** Another cloud that this one trusts. */
export interface Peer {
  readonly id: PeerId;
  /** As the administrator registered it: what people are shown, above anything that the peer claims. */
  readonly name: string;
  readonly dialect: DialectName;
  readonly transport: ProposalTransport;
  /** Which storage API opens its folders: `stacksync-v2` or another adapter's name. */
  readonly storageApi: string;
  readonly shareUrl: string;
  /** A peer without one is not told of ends; it learns from the dead token. */
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
  /** The peer cannot sign. Insecure; named so wherever the peer is shown. */
  readonly allowUnsigned: boolean;
  /** The peer takes credentials by GET only. Insecure; named so wherever the peer is shown. */
  readonly credentialsByGet: boolean;
  /** The peer signs its requests to us with this pair. */
  readonly inbound: ConsumerPair;
  readonly previousInbound: PreviousPair | undefined;
  /** We sign our requests to the peer with this pair; undefined until it is recorded. */
  readonly outbound: ConsumerPair | undefined;
  /** A blocked peer neither appears in the list nor is accepted. */
  readonly blocked: boolean;
  /** Undefined before it was first asked. */
  readonly probe: Probe | undefined;
  /** Milliseconds. */
  readonly createdAt: number;
  readonly changedAt: number;
}
