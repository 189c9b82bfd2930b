import { Failure, type PeerId } from '../../kernel/index.js';
import { readRows, type Sealer } from '../../platform/index.js';
import type { CheckedPeer } from './peer-draft.js';
import { ocmOf, type OcmColumns } from './ocm-row.js';
import type {
  ConsumerPair,
  DialectName,
  Peer,
  PeerSummary,
  PreviousPair,
  PeerProbe,
  ProbeOutcome,
  ProposalTransport,
  SaidAddress,
} from './peer.js';

/** A cloud that this one trusts, as the table `peers` keeps it, with what stands beside it in `peer_ocm`. */
export interface PeerRow extends OcmColumns {
  readonly id: PeerId;
  readonly name: string;
  readonly dialect: DialectName;
  readonly transport: ProposalTransport;
  readonly storage_api: string;
  readonly share_url: string;
  readonly unshare_url: string | null;
  readonly credentials_url: string;
  readonly origins: string;
  readonly email_domains: string;
  readonly return_url: string | null;
  readonly description: string | null;
  readonly logo_url: string | null;
  readonly proposals_per_minute: number | null;
  readonly messages_per_minute: number | null;
  /** SQLite answers 0 and 1. */
  readonly allow_unsigned: boolean | number;
  readonly credentials_by_get: boolean | number;
  readonly takes_ocm: boolean | number;
  readonly inbound_key: string | null;
  readonly inbound_secret: string | null;
  readonly previous_inbound_key: string | null;
  readonly previous_inbound_secret: string | null;
  readonly previous_inbound_until: number | null;
  readonly outbound_key: string | null;
  readonly outbound_secret: string | null;
  readonly probed_at: number | null;
  readonly probe_outcome: ProbeOutcome | null;
  readonly well_at: number | null;
  readonly said_address: string | null;
  readonly said_at: number | null;
  readonly blocked_at: number | null;
  readonly removed_at: number | null;
  readonly created_at: number;
  readonly changed_at: number;
}

/** Which of the pairs of a peer. */
export type PairSide = 'inbound' | 'previous_inbound' | 'outbound';

/** The columns of the previous pair when there is none. */
export const NO_PREVIOUS_PAIR = {
  previous_inbound_key: null,
  previous_inbound_secret: null,
  previous_inbound_until: null,
} as const;

/** The columns of a pair, the secret sealed for this row and column (SEC-01). */
export function sealPair(sealer: Sealer, id: PeerId, direction: PairSide, pair: ConsumerPair): Partial<PeerRow> {
  const secret = sealer.seal(pair.secret, contextOf(id, direction));
  return { [`${direction}_key`]: pair.key, [`${direction}_secret`]: secret };
}

/** The columns of what an administrator decides. */
export function columnsOf(peer: CheckedPeer) {
  return {
    name: peer.name,
    dialect: peer.dialect,
    transport: peer.transport,
    storage_api: peer.storageApi,
    share_url: peer.shareUrl,
    unshare_url: peer.unshareUrl ?? null,
    credentials_url: peer.credentialsUrl,
    origins: JSON.stringify(peer.origins),
    email_domains: JSON.stringify(peer.emailDomains),
    return_url: peer.returnUrl ?? null,
    description: peer.description ?? null,
    logo_url: peer.logoUrl ?? null,
    proposals_per_minute: peer.limits.proposals ?? null,
    messages_per_minute: peer.limits.messages ?? null,
    allow_unsigned: peer.allowUnsigned,
    credentials_by_get: peer.credentialsByGet,
    // Nobody may pick a cloud that nobody registered: it says itself what it is called.
    takes_ocm: peer.ocm?.isMet === false,
  };
}

/** The peer of a row. Throws `internal` when a secret is missing or cannot be read (G5). */
export function peerOf(sealer: Sealer, row: PeerRow): Peer {
  const inbound = openPair(sealer, row.id, 'inbound', row.inbound_key, row.inbound_secret);
  if (inbound === undefined) throw new Failure('internal', 'A peer has lost its keys.', { detail: row.id });
  const { hasKeys: _hasKeys, ...bare } = summaryOf(row);
  return {
    ...bare,
    inbound,
    previousInbound: previousOf(sealer, row),
    outbound: openPair(sealer, row.id, 'outbound', row.outbound_key, row.outbound_secret),
  };
}

/** Which pairs of a row cannot be read: a secret was damaged, or sealed with another key. */
export function pairsLost(sealer: Sealer, row: PeerRow): PairSide[] {
  const isLost = (direction: PairSide): boolean => {
    try {
      const pair = openPair(sealer, row.id, direction, row[`${direction}_key`], row[`${direction}_secret`]);
      return pair === undefined && direction === 'inbound';
    } catch {
      return true;
    }
  };
  return (['inbound', 'previous_inbound', 'outbound'] as const).filter(isLost);
}

/** The peer of a row without its secrets. */
export function summaryOf(row: PeerRow): PeerSummary {
  return {
    id: row.id,
    name: row.name,
    dialect: row.dialect,
    transport: row.transport,
    storageApi: row.storage_api,
    shareUrl: row.share_url,
    unshareUrl: row.unshare_url ?? undefined,
    credentialsUrl: row.credentials_url,
    origins: JSON.parse(row.origins) as string[],
    emailDomains: JSON.parse(row.email_domains) as string[],
    returnUrl: row.return_url ?? undefined,
    description: row.description ?? undefined,
    logoUrl: row.logo_url ?? undefined,
    limits: { proposals: row.proposals_per_minute ?? undefined, messages: row.messages_per_minute ?? undefined },
    allowUnsigned: Boolean(row.allow_unsigned),
    credentialsByGet: Boolean(row.credentials_by_get),
    hasKeys: row.outbound_key !== null,
    ocm: ocmOf(row),
    blocked: row.blocked_at !== null,
    probe: probeOf(row),
    said: saidOf(row),
    createdAt: row.created_at,
    changedAt: row.changed_at,
  };
}

/** The peers of those rows that can be read. */
export function summaries(rows: readonly PeerRow[]): PeerSummary[] {
  return readRows(rows, ({ name: at, id }) => ({ at, id }), summaryOf).flatMap(({ view }) => view ?? []);
}

function previousOf(sealer: Sealer, row: PeerRow): PreviousPair | undefined {
  const { id, previous_inbound_key: key, previous_inbound_secret: sealed } = row;
  const pair = openPair(sealer, id, 'previous_inbound', key, sealed);
  return pair === undefined ? undefined : { ...pair, until: row.previous_inbound_until ?? undefined };
}

function probeOf({ probe_outcome: outcome, probed_at: at, well_at: wellAt }: PeerRow): PeerProbe | undefined {
  return outcome === null || at === null ? undefined : { outcome, at, wellAt: wellAt ?? undefined };
}

function saidOf({ said_address: address, said_at: at }: PeerRow): SaidAddress | undefined {
  return address === null || at === null ? undefined : { address, at };
}

function openPair(
  sealer: Sealer,
  id: PeerId,
  direction: PairSide,
  key: string | null,
  sealed: string | null,
): ConsumerPair | undefined {
  if (key === null || sealed === null) return undefined;
  const secret = sealer.open(sealed, contextOf(id, direction));
  if (secret.trim() === '')
    throw new Failure('internal', 'A stored secret is empty.', { detail: contextOf(id, direction) });
  return { key, secret };
}

function contextOf(id: PeerId, direction: PairSide): string {
  return `peers.${direction}_secret:${id}`;
}
