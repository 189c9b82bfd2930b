import type { Knex } from 'knex';
import { foldEmail, type AccountId, type Clock, type Email, type PeerId } from '../../kernel/index.js';
import { readRows, type Queries, type ReadRow, type Transaction } from '../../platform/index.js';
import {
  columnsOf,
  incomingOf,
  incomingViewOf,
  UNANSWERED,
  type IncomingRow,
  type IncomingViewRow,
} from './incoming-row.js';
import type { IncomingPatch, IncomingShare } from '../agreement/incoming-share.js';
import { shareKeyOf, type ShareName } from '../agreement/agreement.js';
import { Moves, type OnMoved } from './moves.js';
import { firstRow } from './rows.js';
import type { IncomingChange } from '../rules/step.js';
import type { ShareEvents } from './share-events.js';
import {
  INCOMING_STATES,
  type IncomingEvent,
  type IncomingState,
  isEnd,
  nextIncoming,
} from '../agreement/transitions.js';
import type { IncomingView } from '../agreement/views.js';

/** The values of a new incoming share. */
export type NewIncoming = ShareName & {
  readonly recipientFolded: string;
  /** The key that came with it, sealed. */
  readonly grant: Pick<IncomingShare, 'grantSealed' | 'grantDigest'> | undefined;
} & Omit<
    IncomingShare,
    | 'state'
    | 'endReason'
    | 'endedBy'
    | 'accountId'
    | 'grantSealed'
    | 'grantDigest'
    | 'grantIsUnsigned'
    | 'problem'
    | 'refusedSince'
    | 'refusals'
    | 'revision'
    | 'createdAt'
    | 'changedAt'
  >;

/** Rows of incoming shares. State changes go through {@link IncomingShares.take} alone. */
export class IncomingShares {
  readonly #clock: Clock;
  readonly #moves: Moves<IncomingShare, IncomingState, IncomingEvent, IncomingPatch>;

  /** `onMoved` is called with every transition, in its transaction. */
  constructor(clock: Clock, events: ShareEvents, onMoved: OnMoved<IncomingShare, IncomingEvent>) {
    this.#clock = clock;
    this.#moves = new Moves({ side: 'incoming', next: nextIncoming, columnsOf, clock, events, onMoved });
  }

  /** A new half in state `pending`. */
  async add(trx: Transaction, share: NewIncoming): Promise<void> {
    const now = this.#clock.now();
    await trx('incoming_shares').insert({
      id: share.id,
      peer_id: share.peerId,
      share_id: share.shareId,
      share_key: share.shareKey ?? null,
      state: 'pending',
      dialect: share.dialect ?? null,
      kind: share.kind,
      storage_api: share.storageApi ?? null,
      resource_url: share.resourceUrl,
      owner_name: share.ownerName,
      owner_email: share.ownerEmail,
      folder_name: share.folderName,
      permission: share.permission,
      recipient: share.recipient,
      recipient_folded: share.recipientFolded,
      recipient_address: share.recipientAddress ?? null,
      sender: share.sender ?? null,
      is_unverified: share.isUnverified,
      is_kind_open: share.isKindOpen,
      callback_sealed: share.callbackSealed,
      grant_sealed: share.grant?.grantSealed ?? null,
      grant_digest: share.grant?.grantDigest ?? null,
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

  /**
   * Finds a share by the peer and its name for the agreement (G1), in any spelling. Rows of older releases have only
   * the spelling and no key.
   */
  async byName(q: Queries, peerId: PeerId, name: ShareName): Promise<IncomingShare | undefined> {
    const query = q<IncomingRow>('incoming_shares')
      .where({ peer_id: peerId })
      .whereRaw('(share_id = ? or coalesce(share_key, share_id) = ?)', [name.shareId, shareKeyOf(name)])
      .orderByRaw('case when share_id = ? then 0 else 1 end', [name.shareId])
      .limit(1);
    if (q.isTransaction === true) void query.forUpdate();
    return found((await query)[0]);
  }

  /** Every share of this name, of any peer; a name alone proves nothing (G1). */
  async named(q: Queries, shareId: string): Promise<IncomingShare[]> {
    return (await q<IncomingRow>('incoming_shares').where({ share_id: shareId })).map(incomingOf);
  }

  /** Every share of this name that was made by Open Cloud Mesh, of any peer. */
  async namedByOcm(q: Queries, shareId: string): Promise<IncomingShare[]> {
    // The condition of its index, word by word.
    const rows = q<IncomingRow>('incoming_shares').where({ share_id: shareId }).whereRaw("dialect = 'ocm'");
    return (await rows.orderBy('id')).map(incomingOf);
  }

  /** How many proposals wait for this address, from one peer and from all (threat model PRO-07). */
  async pendingFor(
    q: Queries,
    recipientFolded: string,
    peerId: PeerId,
  ): Promise<{ readonly ofPeer: number; readonly inAll: number }> {
    const rows: { peer_id: string; count?: number | string }[] = await q('incoming_shares')
      .where({ recipient_folded: recipientFolded })
      .whereRaw(UNANSWERED)
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

  /**
   * Unanswered proposals that arrived before `before` or whose own expiry has passed, and shares of Open Cloud Mesh whose has:
   * the longer ago, the sooner.
   */
  async lapsed(q: Queries, before: number, now: number, limit: number): Promise<IncomingShare[]> {
    // Three statements, each along its index of the steps 0029 and 0076, whose conditions they repeat word by word.
    const pending = () => q<IncomingRow>('incoming_shares').whereRaw(UNANSWERED).limit(limit);
    const old = await pending().where('created_at', '<=', before).orderBy('created_at');
    const over = await pending().where('expires_at', '<=', now).orderBy('expires_at');
    const working = q<IncomingRow>('incoming_shares').whereRaw("dialect = 'ocm' and state in ('accepted', 'active')");
    const expired = await working.where('expires_at', '<=', now).orderBy('expires_at').limit(limit);
    const lapsed = new Map([...old, ...over, ...expired].map((row) => [row.id, row]));
    return [...lapsed.values()].slice(0, limit).map(incomingOf);
  }

  /**
   * The address for letters to the recipient: the invited one while it is theirs, else their primary one; undefined
   * when they have none. An address that they have given up may be somebody else's by now.
   */
  async addressOf(q: Queries, { accountId, recipient }: IncomingShare): Promise<Email | undefined> {
    if (accountId === undefined) return recipient;
    const proven = q('addresses').where({ account_id: accountId }).whereNotNull('proven_at');
    const rows = await proven.select<{ email: Email; folded: string; is_primary: boolean | number }[]>();
    const invited = rows.find(({ folded }) => folded === foldEmail(recipient));
    return (invited ?? rows.find(({ is_primary }) => Boolean(is_primary)))?.email;
  }

  /** Applies a change of a rule; the state changes only by the table of transitions. See {@link Moves.take}. */
  async take(
    trx: Transaction,
    share: IncomingShare,
    change: IncomingChange | undefined,
    actor: string,
  ): Promise<IncomingShare | undefined> {
    return this.#moves.take(trx, share, change, actor);
  }

  /** Replaces the addresses of a share after its origin has moved. */
  async relocate(
    trx: Transaction,
    { id, revision }: IncomingShare,
    { resourceUrl, callbackSealed }: Pick<IncomingShare, 'resourceUrl' | 'callbackSealed'>,
  ): Promise<void> {
    await trx('incoming_shares')
      .where({ id })
      .update({
        resource_url: resourceUrl,
        callback_sealed: callbackSealed,
        revision: revision + 1,
        changed_at: this.#clock.now(),
      });
  }

  /** Views of the shares in `rows`, a query of this table, in any order. */
  async viewsOf(q: Queries, rows: Knex.QueryBuilder): Promise<ReadRow<IncomingView>[]> {
    const found = (await withNames(q, rows)) as IncomingViewRow[];
    return readRows(found, ({ id, changed_at: at }) => ({ at, id }), incomingViewOf);
  }

  /** The view of one share. */
  async view(q: Queries, id: string): Promise<IncomingView | undefined> {
    const row = (await withNames(q).where('share.id', id).first()) as IncomingViewRow | undefined;
    return row === undefined ? undefined : incomingViewOf(row);
  }
}

const OPEN = INCOMING_STATES.filter((state) => !isEnd(state));

/** Joins shares with the names of peer and people. */
function withNames(q: Queries, rows: Knex.QueryBuilder = q('incoming_shares')) {
  return q
    .from(rows.as('share'))
    .join('peers as peer', 'peer.id', 'share.peer_id')
    .leftJoin('mounts as mount', 'mount.incoming_id', 'share.id')
    .select('share.*', 'peer.name as peer_name', 'peer.share_url as peer_url', 'mount.id as mount_id');
}

function found(row: IncomingRow | undefined): IncomingShare | undefined {
  return row === undefined ? undefined : incomingOf(row);
}
