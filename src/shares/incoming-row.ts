import { itemIdOf, type AccountId, type Email, type PeerId, type Permission } from '../kernel/index.js';
import type { EndReason } from './agreement.js';
import { enderOf } from './ender.js';
import type { IncomingShare } from './incoming-share.js';
import { resourceKind } from './resource-kind.js';
import type { IncomingState } from './transitions.js';
import type { IncomingView } from './views.js';

/** A row of `incoming_shares`. */
export interface IncomingRow {
  id: string;
  peer_id: string;
  share_id: string;
  state: IncomingState;
  end_reason: EndReason | null;
  ended_by: string | null;
  resource_url: string;
  owner_name: string;
  owner_email: string;
  folder_name: string;
  permission: Permission;
  recipient: string;
  callback_sealed: string;
  digest: string;
  expires_at: number | null;
  account_id: string | null;
  grant_sealed: string | null;
  grant_digest: string | null;
  grant_is_unsigned: boolean | number;
  problem: string | null;
  revision: number;
  created_at: number;
  changed_at: number;
}

/** Such a row with the names that people see beside it. */
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
    permission: share.permission,
    expires_at: share.expiresAt ?? null,
    account_id: share.accountId ?? null,
    grant_sealed: share.grantSealed ?? null,
    grant_digest: share.grantDigest ?? null,
    grant_is_unsigned: share.grantIsUnsigned,
    problem: share.problem ?? null,
    revision: share.revision,
    changed_at: share.changedAt,
  };
}

/** A row in words. */
export function incomingOf(row: IncomingRow): IncomingShare {
  return {
    id: row.id,
    peerId: row.peer_id as PeerId,
    shareId: row.share_id,
    state: row.state,
    endReason: row.end_reason ?? undefined,
    endedBy: row.ended_by ?? undefined,
    resourceUrl: row.resource_url,
    ownerName: row.owner_name,
    ownerEmail: row.owner_email,
    folderName: row.folder_name,
    permission: row.permission,
    recipient: row.recipient as Email,
    callbackSealed: row.callback_sealed,
    digest: row.digest,
    expiresAt: row.expires_at ?? undefined,
    accountId: (row.account_id ?? undefined) as AccountId | undefined,
    grantSealed: row.grant_sealed ?? undefined,
    grantDigest: row.grant_digest ?? undefined,
    grantIsUnsigned: Boolean(row.grant_is_unsigned),
    problem: row.problem ?? undefined,
    revision: row.revision,
    createdAt: row.created_at,
    changedAt: row.changed_at,
  };
}

/** What people see of a row. */
export function incomingViewOf(row: IncomingViewRow): IncomingView {
  return {
    id: row.id,
    shareId: row.share_id,
    state: row.state,
    endReason: row.end_reason ?? undefined,
    endedBy: enderOf(row.ended_by ?? undefined, { self: row.account_id ?? undefined, peer: row.peer_id }),
    kind: resourceKind(row.resource_url),
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
