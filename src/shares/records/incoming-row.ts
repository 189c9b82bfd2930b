import { itemIdOf, type AccountId, type Email, type PeerId, type Permission } from '../../kernel/index.js';
import type { DialectName } from '../../peers/index.js';
import type { EndReason, ResourceKind } from '../agreement/agreement.js';
import { enderOf } from '../agreement/ender.js';
import type { IncomingShare } from '../agreement/incoming-share.js';
import type { IncomingState } from '../agreement/transitions.js';
import type { IncomingView } from '../agreement/views.js';

/** The condition of unanswered proposals, in the words of the schema steps 0029 and 0076: otherwise their indexes are not used. */
export const UNANSWERED = "state = 'pending'";

/** A row of `incoming_shares`. */
export interface IncomingRow {
  id: string;
  peer_id: string;
  share_id: string;
  state: IncomingState;
  end_reason: EndReason | null;
  ended_by: string | null;
  dialect: DialectName | null;
  kind: ResourceKind;
  storage_api: string | null;
  resource_url: string;
  owner_name: string;
  owner_email: string;
  folder_name: string;
  permission: Permission;
  recipient: string;
  recipient_address: string | null;
  sender: string | null;
  is_unverified: boolean | number;
  is_kind_open: boolean | number;
  callback_sealed: string;
  digest: string;
  expires_at: number | null;
  account_id: string | null;
  grant_sealed: string | null;
  grant_digest: string | null;
  grant_is_unsigned: boolean | number;
  problem: string | null;
  refused_since: number | null;
  refusals: number;
  revision: number;
  created_at: number;
  changed_at: number;
}

/** The same row with the names of peer and people. */
export interface IncomingViewRow extends IncomingRow {
  peer_name: string;
  peer_url: string;
  mount_id: number | null;
}

/** The columns that a change may touch. */
export function columnsOf(share: IncomingShare): Partial<IncomingRow> {
  return {
    state: share.state,
    end_reason: share.endReason ?? null,
    ended_by: share.endedBy ?? null,
    kind: share.kind,
    is_kind_open: share.isKindOpen,
    permission: share.permission,
    expires_at: share.expiresAt ?? null,
    account_id: share.accountId ?? null,
    grant_sealed: share.grantSealed ?? null,
    grant_digest: share.grantDigest ?? null,
    grant_is_unsigned: share.grantIsUnsigned,
    problem: share.problem ?? null,
    refused_since: share.refusedSince ?? null,
    refusals: share.refusals,
    revision: share.revision,
    changed_at: share.changedAt,
  };
}

/** Reads a row. */
export function incomingOf(row: IncomingRow): IncomingShare {
  return {
    id: row.id,
    peerId: row.peer_id as PeerId,
    shareId: row.share_id,
    state: row.state,
    endReason: row.end_reason ?? undefined,
    endedBy: row.ended_by ?? undefined,
    dialect: row.dialect ?? undefined,
    kind: row.kind,
    storageApi: row.storage_api ?? undefined,
    resourceUrl: row.resource_url,
    ownerName: row.owner_name,
    ownerEmail: row.owner_email,
    folderName: row.folder_name,
    permission: row.permission,
    recipient: row.recipient as Email,
    recipientAddress: row.recipient_address ?? undefined,
    sender: row.sender ?? undefined,
    isUnverified: Boolean(row.is_unverified),
    isKindOpen: Boolean(row.is_kind_open),
    callbackSealed: row.callback_sealed,
    digest: row.digest,
    expiresAt: row.expires_at ?? undefined,
    accountId: (row.account_id ?? undefined) as AccountId | undefined,
    grantSealed: row.grant_sealed ?? undefined,
    grantDigest: row.grant_digest ?? undefined,
    grantIsUnsigned: Boolean(row.grant_is_unsigned),
    problem: row.problem ?? undefined,
    refusedSince: row.refused_since ?? undefined,
    refusals: row.refusals,
    revision: row.revision,
    createdAt: row.created_at,
    changedAt: row.changed_at,
  };
}

/** Makes the view of a row that people see. */
export function incomingViewOf(row: IncomingViewRow): IncomingView {
  return {
    id: row.id,
    shareId: row.share_id,
    state: row.state,
    endReason: row.end_reason ?? undefined,
    endedBy: enderOf(row.ended_by ?? undefined, { self: row.account_id ?? undefined, peer: row.peer_id }),
    kind: row.kind,
    isKindOpen: Boolean(row.is_kind_open),
    folderName: row.folder_name,
    permission: row.permission,
    ownerName: row.owner_name,
    ownerEmail: row.owner_email,
    recipient: row.recipient as Email,
    peerName: row.peer_name,
    peerOrigin: new URL(row.peer_url).origin,
    createdAt: row.created_at,
    changedAt: row.changed_at,
    expiresAt: row.expires_at ?? undefined,
    mountId: row.mount_id === null ? undefined : itemIdOf(row.mount_id),
    problem: row.problem ?? undefined,
  };
}
