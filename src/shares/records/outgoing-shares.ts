import type { Knex } from 'knex';
import { itemIdOf, type AccountId, type Clock, type ItemId, type PeerId } from '../../kernel/index.js';
import { readRows, type Queries, type ReadRow, type Transaction } from '../../platform/index.js';
import { columnsOf, outgoingOf, outgoingViewOf, type OutgoingRow, type OutgoingViewRow } from './outgoing-row.js';
import type { MailState, OutgoingPatch, OutgoingShare } from '../agreement/outgoing-share.js';
import { Moves, type OnMoved } from './moves.js';
import { firstRow } from './rows.js';
import type { OutgoingChange } from '../rules/step.js';
import type { ShareEvents } from './share-events.js';
import {
  isEnd,
  nextOutgoing,
  OUTGOING_STATES,
  type OutgoingEvent,
  type OutgoingState,
} from '../agreement/transitions.js';
import type { OutgoingView } from '../agreement/views.js';

/** Rows of outgoing shares. State changes go through {@link OutgoingShares.take} alone. */
export class OutgoingShares {
  readonly #clock: Clock;
  readonly #moves: Moves<OutgoingShare, OutgoingState, OutgoingEvent, OutgoingPatch>;

  /** `onMoved` is called with every transition, in its transaction. */
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

  /** By its name in messages. */
  async byShareId(q: Queries, shareId: string): Promise<OutgoingShare | undefined> {
    return found(await firstRow(q, 'outgoing_shares', { share_id: shareId }));
  }

  /** By the digest of the newest callback path; older paths are unknown (threat model PRO-13). */
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

  /** Those of these folders that a share refers to, also an ended one, whose history names the folder. */
  async referredTo(q: Queries, folderIds: readonly ItemId[]): Promise<ItemId[]> {
    const rows: { folder_id: number | string }[] = await q('outgoing_shares')
      .whereIn('folder_id', folderIds)
      .distinct('folder_id');
    return rows.map((row) => itemIdOf(row.folder_id));
  }

  /** Unended shares that have expired, the longest expired first, at most `limit`. */
  async due(q: Queries, now: number, limit: number): Promise<OutgoingShare[]> {
    // Two statements, each along an index, because databases scan the table for both conditions in one statement.
    const over = await q<OutgoingRow>('outgoing_shares')
      .whereRaw(IS_OPEN)
      .where('expires_at', '<=', now)
      .orderBy('expires_at')
      .limit(limit);
    const unanswered = await q<OutgoingRow>('outgoing_shares')
      .whereIn('state', ['created', 'sent'])
      .where('invitation_expires_at', '<=', now)
      .limit(limit);
    const due = new Map([...over, ...unanswered].map((row) => [row.id, row]));
    return [...due.values()].slice(0, limit).map(outgoingOf);
  }

  /** Applies a change of a rule; the state changes only by the table of transitions. See {@link Moves.take}. */
  async take(
    trx: Transaction,
    share: OutgoingShare,
    change: OutgoingChange | undefined,
    actor: string,
  ): Promise<OutgoingShare | undefined> {
    return this.#moves.take(trx, share, change, actor);
  }

  /** Changes other columns than the state; see {@link Moves.amend}. */
  async amend(trx: Transaction, share: OutgoingShare, patch: OutgoingPatch): Promise<OutgoingShare | undefined> {
    return this.#moves.amend(trx, share, patch);
  }

  /** Stores the delivery state of an invitation's newest mail. */
  async noteMail(trx: Transaction, id: string, state: MailState): Promise<void> {
    await trx('outgoing_shares').where({ id }).update({ mail_state: state, mail_at: this.#clock.now() });
  }

  /** Views of the shares in `rows`, a query of this table, in any order. */
  async viewsOf(q: Queries, rows: Knex.QueryBuilder): Promise<ReadRow<OutgoingView>[]> {
    const found = (await withNames(q, rows)) as OutgoingViewRow[];
    return readRows(found, ({ id, changed_at: at }) => ({ at, id }), outgoingViewOf);
  }

  /** The view of one share. */
  async view(q: Queries, id: string): Promise<OutgoingView | undefined> {
    const row = (await withNames(q).where('share.id', id).first()) as OutgoingViewRow | undefined;
    return row === undefined ? undefined : outgoingViewOf(row);
  }
}

/** Joins shares with the names of peer and people. */
function withNames(q: Queries, rows: Knex.QueryBuilder = q('outgoing_shares')) {
  return q
    .from(rows.as('share'))
    .join('items as folder', 'folder.id', 'share.folder_id')
    .join('accounts as owner', 'owner.id', 'share.owner_id')
    .leftJoin('addresses as address', (join) => {
      join.on('address.account_id', 'share.owner_id').andOnVal('address.is_primary', true);
    })
    .leftJoin('peers as peer', 'peer.id', 'share.peer_id')
    .select('share.*', 'folder.name as folder_name', 'owner.name as owner_name', 'address.email as owner_email')
    .select('peer.name as peer_name');
}

/** The same words as in schema step 0029: otherwise the index of unended shares is not used. */
const IS_OPEN = "state in ('created', 'sent', 'accepted', 'active')";

const OPEN = OUTGOING_STATES.filter((state) => !isEnd(state));

function found(row: OutgoingRow | undefined): OutgoingShare | undefined {
  return row === undefined ? undefined : outgoingOf(row);
}
