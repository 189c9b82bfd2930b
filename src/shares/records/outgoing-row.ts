import { itemIdOf, type AccountId, type Email, type PeerId, type Permission } from '../../kernel/index.js';
import type { DialectName } from '../../peers/index.js';
import type { EndReason } from '../agreement/agreement.js';
import { enderOf } from '../agreement/ender.js';
import type { ChosenAddresses, MailState, OutgoingShare } from '../agreement/outgoing-share.js';
import { isOcm } from '../agreement/messages.js';
import type { OutgoingState } from '../agreement/transitions.js';
import type { OutgoingView } from '../agreement/views.js';

/** A row of `outgoing_shares`. */
export interface OutgoingRow {
  id: string;
  share_id: string;
  owner_id: string;
  folder_id: number;
  recipient: string;
  recipient_folded: string;
  permission: Permission;
  comment: string;
  state: OutgoingState;
  end_reason: EndReason | null;
  ended_by: string | null;
  peer_id: string | null;
  chosen: string | null;
  dialect: DialectName | null;
  recipient_address: string | null;
  problem: string | null;
  callback_hash: string | null;
  callback_sealed: string | null;
  expires_at: number | null;
  invitation_expires_at: number;
  mail_state: MailState | null;
  mail_at: number | null;
  granted_at: number | null;
  decision_digest: string | null;
  revision: number;
  created_at: number;
  changed_at: number;
}

/** The same row with the names of peer and people. */
export interface OutgoingViewRow extends OutgoingRow {
  folder_name: string;
  owner_name: string;
  owner_email: string | null;
  peer_name: string | null;
}

/** The columns that a change may touch. */
export function columnsOf(share: OutgoingShare): Partial<OutgoingRow> {
  return {
    share_id: share.shareId,
    state: share.state,
    end_reason: share.endReason ?? null,
    ended_by: share.endedBy ?? null,
    permission: share.permission,
    comment: share.comment,
    expires_at: share.expiresAt ?? null,
    peer_id: share.peerId ?? null,
    chosen: share.chosen === undefined ? null : JSON.stringify(share.chosen),
    dialect: share.dialect ?? null,
    recipient_address: share.recipientAddress ?? null,
    problem: share.problem ?? null,
    callback_hash: share.callbackHash ?? null,
    callback_sealed: share.callbackSealed ?? null,
    granted_at: share.grantedAt ?? null,
    decision_digest: share.decisionDigest ?? null,
    revision: share.revision,
    changed_at: share.changedAt,
  };
}

/** Reads a row. */
export function outgoingOf(row: OutgoingRow): OutgoingShare {
  return {
    id: row.id,
    shareId: row.share_id,
    ownerId: row.owner_id as AccountId,
    folderId: itemIdOf(row.folder_id),
    recipient: row.recipient as Email,
    permission: row.permission,
    comment: row.comment,
    state: row.state,
    endReason: row.end_reason ?? undefined,
    endedBy: row.ended_by ?? undefined,
    peerId: (row.peer_id ?? undefined) as PeerId | undefined,
    chosen: row.chosen === null ? undefined : (JSON.parse(row.chosen) as ChosenAddresses),
    dialect: row.dialect ?? undefined,
    recipientAddress: row.recipient_address ?? undefined,
    problem: row.problem ?? undefined,
    callbackHash: row.callback_hash ?? undefined,
    callbackSealed: row.callback_sealed ?? undefined,
    expiresAt: row.expires_at ?? undefined,
    invitationExpiresAt: row.invitation_expires_at,
    mailState: row.mail_state ?? undefined,
    mailAt: row.mail_at ?? undefined,
    grantedAt: row.granted_at ?? undefined,
    decisionDigest: row.decision_digest ?? undefined,
    revision: row.revision,
    createdAt: row.created_at,
    changedAt: row.changed_at,
  };
}

/** Makes the view of a row that people see. */
export function outgoingViewOf(row: OutgoingViewRow): OutgoingView {
  const share = outgoingOf(row);
  return {
    id: share.id,
    shareId: share.shareId,
    state: share.state,
    endReason: share.endReason,
    endedBy: enderOf(share.endedBy, { self: share.ownerId, peer: share.peerId }),
    folderId: share.folderId,
    folderName: row.folder_name,
    permission: share.permission,
    ownerName: row.owner_name,
    ownerEmail: (row.owner_email ?? '') as Email,
    recipient: share.recipient,
    comment: share.comment,
    peerName: row.peer_name ?? undefined,
    createdAt: share.createdAt,
    changedAt: share.changedAt,
    expiresAt: share.expiresAt,
    invitationExpiresAt: share.invitationExpiresAt,
    isOcm: isOcm(share),
    problem: share.problem,
    mailState: share.mailState,
    mailAt: share.mailAt,
  };
}
