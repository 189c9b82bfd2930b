import type { AccountId, Clock, ItemId, PeerId } from '../kernel/index.js';
import type { Queries, Transaction } from '../platform/index.js';
import { columnsOf, outgoingOf, outgoingViewOf, type OutgoingRow, type OutgoingViewRow } from './outgoing-row.js';
import type { MailState, OutgoingPatch, OutgoingShare } from './outgoing-share.js';
import { Moves, type Move, type OnMoved } from './moves.js';
import { firstRow } from './rows.js';
import type { ShareEvents } from './share-events.js';
import { isEnd, nextOutgoing, OUTGOING_STATES, type OutgoingEvent, type OutgoingState } from './transitions.js';
import type { OutgoingView } from './views.js';

/** Rows of outgoing shares. State changes go through {@link OutgoingShares.advance} alone. */
export class OutgoingShares {
  readonly #clock: Clock;
  readonly #moves: Moves<OutgoingShare, OutgoingState, OutgoingEvent, OutgoingPatch>;

  /** `onMoved` hears of every transition, in its transaction. */
  constructor(clock: Clock, events: ShareEvents, onMoved: OnMoved<OutgoingShare, OutgoingEvent>) {
    this.#clock = clock;
    this.#moves = new Moves({ side: 'outgoing', next: nextOutgoing, columnsOf, clock, events, onMoved });
  }

  /** A new half in state `created`. */
  async add(
    trx: Transaction,
    share: Pick<
      OutgoingShare,
      | 'id'
      | 'shareId'
      | 'ownerId'
      | 'folderId'
      | 'recipient'
      | 'permission'
      | 'comment'
      | 'expiresAt'
      | 'invitationExpiresAt'
    > & { readonly recipientFolded: string },
  ): Promise<void> {
    const now = this.#clock.now();
    await trx('outgoing_shares').insert({
      id: share.id,
      share_id: share.shareId,
      owner_id: share.ownerId,
      folder_id: share.folderId,
      recipient: share.recipient,
      recipient_folded: share.recipientFolded,
      permission: share.permission,
      comment: share.comment,
      state: 'created',
      expires_at: share.expiresAt ?? null,
      invitation_expires_at: share.invitationExpiresAt,
      created_at: now,
      changed_at: now,
    });
    await this.#moves.begun(trx, share.id, 'created', share.ownerId);
  }

  /** By our own id; a transaction locks the row until it ends. */
  async byId(q: Queries, id: string): Promise<OutgoingShare | undefined> {
    return found(await firstRow(q, 'outgoing_shares', { id }));
  }

  /** By its name on the wire. */
  async byShareId(q: Queries, shareId: string): Promise<OutgoingShare | undefined> {
    return found(await firstRow(q, 'outgoing_shares', { share_id: shareId }));
  }

  /** By the digest of the callback path that was last issued (threat model PRO-13: older ones are unknown). */
  async byCallback(q: Queries, callbackHash: string): Promise<OutgoingShare | undefined> {
    return found(await firstRow(q, 'outgoing_shares', { callback_hash: callbackHash }));
  }

  /** The unended share of a folder with a recipient. */
  async openWith(q: Queries, folderId: ItemId, recipientFolded: string): Promise<OutgoingShare | undefined> {
    const where = { folder_id: Number(folderId), recipient_folded: recipientFolded };
    return found(await firstRow(q, 'outgoing_shares', where, OPEN));
  }

  /** Unended shares that fit a condition on their columns; a transaction locks them until it ends. */
  async open(
    q: Queries,
    where: { folderIds?: readonly ItemId[]; ownerId?: AccountId; peerId?: PeerId },
  ): Promise<OutgoingShare[]> {
    const query = q<OutgoingRow>('outgoing_shares').whereIn('state', OPEN).orderBy('id');
    if (where.folderIds !== undefined) void query.whereIn('folder_id', where.folderIds.map(Number));
    if (where.ownerId !== undefined) void query.where({ owner_id: where.ownerId });
    if (where.peerId !== undefined) void query.where({ peer_id: where.peerId });
    if (q.isTransaction === true) void query.forUpdate();
    return (await query).map(outgoingOf);
  }

  /** Unended shares whose time has come, oldest first, at most `limit`. */
  async due(q: Queries, now: number, limit: number): Promise<OutgoingShare[]> {
    const rows = await q<OutgoingRow>('outgoing_shares')
      .whereIn('state', OPEN)
      .andWhere((either) => {
        void either.where('expires_at', '<=', now).orWhere((unanswered) => {
          void unanswered.whereIn('state', ['created', 'sent']).where('invitation_expires_at', '<=', now);
        });
      })
      .orderBy('created_at')
      .limit(limit);
    return rows.map(outgoingOf);
  }

  /** Moves a share by the one table of transitions; see {@link Moves.advance}. */
  async advance(
    trx: Transaction,
    share: OutgoingShare,
    event: OutgoingEvent,
    by: Move<OutgoingPatch>,
  ): Promise<OutgoingShare | undefined> {
    return this.#moves.advance(trx, share, event, by);
  }

  /** Changes something beside the state; see {@link Moves.amend}. */
  async amend(trx: Transaction, share: OutgoingShare, patch: OutgoingPatch): Promise<OutgoingShare | undefined> {
    return this.#moves.amend(trx, share, patch);
  }

  /** Notes what became of the newest mail of an invitation. */
  async noteMail(trx: Transaction, id: string, state: MailState): Promise<void> {
    await trx('outgoing_shares').where({ id }).update({ mail_state: state, mail_at: this.#clock.now() });
  }

  /** What owners, administrators and commands see; newest first. */
  async views(q: Queries, where: { ownerId?: AccountId; folderId?: ItemId } = {}): Promise<OutgoingView[]> {
    const query = withNames(q).orderBy('share.created_at', 'desc');
    if (where.ownerId !== undefined) void query.where('share.owner_id', where.ownerId);
    if (where.folderId !== undefined) void query.where('share.folder_id', Number(where.folderId));
    return ((await query) as OutgoingViewRow[]).map(outgoingViewOf);
  }

  /** What one share looks like. */
  async view(q: Queries, id: string): Promise<OutgoingView | undefined> {
    const row = (await withNames(q).where('share.id', id).first()) as OutgoingViewRow | undefined;
    return row === undefined ? undefined : outgoingViewOf(row);
  }
}

/** Shares with what people see beside them. */
function withNames(q: Queries) {
  return q('outgoing_shares as share')
    .join('items as folder', 'folder.id', 'share.folder_id')
    .join('accounts as owner', 'owner.id', 'share.owner_id')
    .leftJoin('addresses as address', (join) => {
      join.on('address.account_id', 'share.owner_id').andOnVal('address.is_primary', true);
    })
    .leftJoin('peers as peer', 'peer.id', 'share.peer_id')
    .select('share.*', 'folder.name as folder_name', 'owner.name as owner_name', 'address.email as owner_email')
    .select('peer.name as peer_name');
}

const OPEN = OUTGOING_STATES.filter((state) => !isEnd(state));

function found(row: OutgoingRow | undefined): OutgoingShare | undefined {
  return row === undefined ? undefined : outgoingOf(row);
}
