import { foldEmail, type AccountId, type Clock, type Email, type PeerId } from '../kernel/index.js';
import type { Queries, Transaction } from '../platform/index.js';
import { columnsOf, incomingOf, incomingViewOf, type IncomingRow, type IncomingViewRow } from './incoming-row.js';
import type { IncomingPatch, IncomingShare } from './incoming-share.js';
import { Moves, type Move, type OnMoved } from './moves.js';
import { firstRow } from './rows.js';
import type { ShareEvents } from './share-events.js';
import { INCOMING_STATES, type IncomingEvent, type IncomingState, isEnd, nextIncoming } from './transitions.js';
import type { IncomingView } from './views.js';

/** Rows of incoming shares. State changes go through {@link IncomingShares.advance} alone. */
export class IncomingShares {
  readonly #clock: Clock;
  readonly #moves: Moves<IncomingShare, IncomingState, IncomingEvent, IncomingPatch>;

  /** `onMoved` hears of every transition, in its transaction. */
  constructor(clock: Clock, events: ShareEvents, onMoved: OnMoved<IncomingShare, IncomingEvent>) {
    this.#clock = clock;
    this.#moves = new Moves({ side: 'incoming', next: nextIncoming, columnsOf, clock, events, onMoved });
  }

  /** A new half in state `pending`. */
  async add(
    trx: Transaction,
    share: Omit<
      IncomingShare,
      | 'state'
      | 'endReason'
      | 'endedBy'
      | 'accountId'
      | 'grantSealed'
      | 'grantDigest'
      | 'grantIsUnsigned'
      | 'problem'
      | 'revision'
      | 'createdAt'
      | 'changedAt'
    > & { readonly recipientFolded: string },
  ): Promise<void> {
    const now = this.#clock.now();
    await trx('incoming_shares').insert({
      id: share.id,
      peer_id: share.peerId,
      share_id: share.shareId,
      state: 'pending',
      resource_url: share.resourceUrl,
      owner_name: share.ownerName,
      owner_email: share.ownerEmail,
      folder_name: share.folderName,
      permission: share.permission,
      recipient: share.recipient,
      recipient_folded: share.recipientFolded,
      callback_sealed: share.callbackSealed,
      digest: share.digest,
      expires_at: share.expiresAt ?? null,
      created_at: now,
      changed_at: now,
    });
    await this.#moves.begun(trx, share.id, 'pending', share.peerId);
  }

  /** By our own id. */
  async byId(q: Queries, id: string): Promise<IncomingShare | undefined> {
    return found(await firstRow(q, 'incoming_shares', { id }));
  }

  /** By the peer and its name for the agreement (G1). */
  async byShareId(q: Queries, peerId: PeerId, shareId: string): Promise<IncomingShare | undefined> {
    return found(await firstRow(q, 'incoming_shares', { peer_id: peerId, share_id: shareId }));
  }

  /** Every share of this name, whoever the peer: it proves nothing (G1). */
  async named(q: Queries, shareId: string): Promise<IncomingShare[]> {
    return (await q<IncomingRow>('incoming_shares').where({ share_id: shareId })).map(incomingOf);
  }

  /** How many proposals wait for this address, from one peer and from all (threat model PRO-07). */
  async pendingFor(
    q: Queries,
    recipientFolded: string,
    peerId: PeerId,
  ): Promise<{ readonly ofPeer: number; readonly inAll: number }> {
    const rows: { peer_id: string; count?: number | string }[] = await q('incoming_shares')
      .where({ recipient_folded: recipientFolded, state: 'pending' })
      .groupBy('peer_id')
      .select('peer_id')
      .count({ count: '*' });
    const sum = (counted: typeof rows): number => counted.reduce((total, { count }) => total + Number(count ?? 0), 0);
    return { ofPeer: sum(rows.filter((row) => row.peer_id === peerId)), inAll: sum(rows) };
  }

  /** Unended shares that fit a condition on their columns; a transaction locks them until it ends. */
  async open(q: Queries, where: { accountId?: AccountId; peerId?: PeerId }): Promise<IncomingShare[]> {
    const query = q<IncomingRow>('incoming_shares').whereIn('state', OPEN).orderBy('id');
    if (where.accountId !== undefined) void query.where({ account_id: where.accountId });
    if (where.peerId !== undefined) void query.where({ peer_id: where.peerId });
    if (q.isTransaction === true) void query.forUpdate();
    return (await query).map(incomingOf);
  }

  /** Unanswered proposals that arrived before `before` or whose own expiry has passed. */
  async lapsed(q: Queries, before: number, now: number, limit: number): Promise<IncomingShare[]> {
    const rows = await q<IncomingRow>('incoming_shares')
      .where({ state: 'pending' })
      .andWhere((either) => {
        void either.where('created_at', '<=', before).orWhere('expires_at', '<=', now);
      })
      .orderBy('created_at')
      .limit(limit);
    return rows.map(incomingOf);
  }

  /**
   * Where the person of a share is written to: at the address that was invited while it is theirs, else at their primary
   * one; undefined when they have none any more. Somebody else may read an address that they have given up.
   */
  async addressOf(q: Queries, { accountId, recipient }: IncomingShare): Promise<Email | undefined> {
    if (accountId === undefined) return recipient;
    const proven = q('addresses').where({ account_id: accountId }).whereNotNull('proven_at');
    const rows = await proven.select<{ email: Email; folded: string; is_primary: boolean | number }[]>();
    const invited = rows.find(({ folded }) => folded === foldEmail(recipient));
    return (invited ?? rows.find(({ is_primary }) => Boolean(is_primary)))?.email;
  }

  /** Moves a share by the one table of transitions; see {@link Moves.advance}. */
  async advance(
    trx: Transaction,
    share: IncomingShare,
    event: IncomingEvent,
    by: Move<IncomingPatch>,
  ): Promise<IncomingShare | undefined> {
    return this.#moves.advance(trx, share, event, by);
  }

  /** Changes something beside the state; see {@link Moves.amend}. */
  async amend(trx: Transaction, share: IncomingShare, patch: IncomingPatch): Promise<IncomingShare | undefined> {
    return this.#moves.amend(trx, share, patch);
  }

  /** What recipients, administrators and commands see; newest first. */
  async views(
    q: Queries,
    where: { accountId?: AccountId; recipientsFolded?: readonly string[] } = {},
  ): Promise<IncomingView[]> {
    const query = withNames(q).orderBy('share.created_at', 'desc');
    if (where.accountId !== undefined || where.recipientsFolded !== undefined) {
      void query.where((either) => {
        void either.where('share.account_id', where.accountId ?? '').orWhere((waiting) => {
          void waiting.where('share.state', 'pending').whereIn('share.recipient_folded', where.recipientsFolded ?? []);
        });
      });
    }
    return ((await query) as IncomingViewRow[]).map(incomingViewOf);
  }

  /** What one share looks like. */
  async view(q: Queries, id: string): Promise<IncomingView | undefined> {
    const row = (await withNames(q).where('share.id', id).first()) as IncomingViewRow | undefined;
    return row === undefined ? undefined : incomingViewOf(row);
  }
}

const OPEN = INCOMING_STATES.filter((state) => !isEnd(state));

/** Shares with what people see beside them. */
function withNames(q: Queries) {
  return q('incoming_shares as share')
    .join('peers as peer', 'peer.id', 'share.peer_id')
    .leftJoin('mounts as mount', 'mount.incoming_id', 'share.id')
    .select('share.*', 'peer.name as peer_name', 'peer.share_url as peer_url', 'mount.id as mount_id');
}

function found(row: IncomingRow | undefined): IncomingShare | undefined {
  return row === undefined ? undefined : incomingOf(row);
}
