import { createHash } from 'node:crypto';
import {
  actorOf,
  Failure,
  itemIdOf,
  ROOT_ID,
  type AccountId,
  type FailureOptions,
  type ItemId,
  type Principal,
} from '../../kernel/index.js';
import type { Item } from '../space/item.js';
import type { Fault } from './fault.js';
import type { Transfer, TransferStatus, TransferWish } from './transfer.js';

/** How far a transfer has come. Only what is waiting or copying can be cancelled. */
export type Stage = 'waiting' | 'copying' | 'placing' | 'placed';

/** A row of the table of transfers. */
export interface TransferRow {
  readonly id: string;
  readonly actor: string;
  readonly account_id: AccountId;
  readonly principal: string;
  readonly is_move: boolean | number;
  readonly what: string;
  readonly asked: string;
  readonly note: string;
  readonly source_id: number | string;
  readonly source_name: string;
  readonly is_folder: boolean | number;
  readonly parent_id: number | string;
  readonly name: string;
  readonly old_id: number | string | null;
  readonly shown: string;
  readonly stage: Stage;
  readonly staged_id: number | string | null;
  readonly source_state: string | null;
  readonly item_id: number | string | null;
  readonly item_version: number | null;
  readonly files: number;
  readonly bytes: number;
  readonly total_bytes: number | null;
  readonly outcome: 'done' | 'failed' | 'cancelled' | null;
  readonly faults: string | null;
  readonly is_cancelled: boolean | number;
  readonly attempts: number;
  readonly claimed_by: string | null;
  readonly claimed_until: number | null;
  readonly begun_at: number;
  readonly started_at: number | null;
  readonly ended_at: number | null;
}

/** What goes on without the request that brought it. */
export interface ShownThen {
  readonly lockTokens: readonly string[];
  readonly contentAt?: number;
  readonly isDeep: boolean;
  readonly mayReplace: boolean;
  /** The folder around the source, where locks of another cloud's items are kept for their reader; as is that of the target. */
  readonly sourceIn?: ItemId;
  readonly oldIn?: ItemId;
}

/** The row of a new transfer. */
export function newRow(id: string, wish: TransferWish, now: number): TransferRow {
  const { principal, source, parent, old, isMove, name } = wish;
  return {
    id,
    actor: actorOf(principal),
    account_id: principal.kind === 'grant' ? principal.ownerId : principal.accountId,
    principal: JSON.stringify(principal),
    is_move: isMove,
    what: whatOf(wish),
    asked: digestOf(wish.asked),
    note: wish.note,
    source_id: source.id,
    source_name: source.name,
    is_folder: source.kind === 'folder',
    parent_id: parent.id,
    name,
    old_id: old?.id ?? null,
    shown: JSON.stringify(shownBy(wish)),
    total_bytes: (source.kind === 'file' ? source.size : source.bytesBelow) ?? null,
    begun_at: now,
    ...UNTOUCHED,
  };
}

/** Of a transfer with which nothing has been done. */
const UNTOUCHED = {
  stage: 'waiting',
  staged_id: null,
  source_state: null,
  item_id: null,
  item_version: null,
  files: 0,
  bytes: 0,
  outcome: null,
  faults: null,
  is_cancelled: false,
  attempts: 0,
  claimed_by: null,
  claimed_until: null,
  started_at: null,
  ended_at: null,
} as const;

function shownBy({ lockTokens, contentAt, isDeep, mayReplace, source, old }: TransferWish): ShownThen {
  return {
    lockTokens,
    ...(contentAt === undefined ? {} : { contentAt }),
    isDeep,
    mayReplace,
    ...(source.incomingId === undefined ? {} : { sourceIn: source.parentId ?? source.id }),
    ...(old?.incomingId === undefined ? {} : { oldIn: old.parentId ?? old.id }),
  };
}

/** What is asked for, as far as two requests for the same are alike in it. */
export interface Asked extends Pick<TransferWish, 'isMove' | 'isDeep' | 'name' | 'tag'> {
  readonly source: Pick<Item, 'id' | 'version'>;
  readonly parent: Pick<Item, 'id'>;
}

/** Names what is asked for: the same for a repeat, as long as its source has not changed. */
export function whatOf(asked: Asked): string {
  const { isMove, isDeep, source, parent, name, tag } = asked;
  return digestOf(JSON.stringify([isMove, isDeep, source.id, source.version, tag, parent.id, name]));
}

/** A text of any length as one of a fixed length. */
export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Who asked. */
export function principalOf({ principal }: Pick<TransferRow, 'principal'>): Principal {
  return JSON.parse(principal) as Principal;
}

/** What came with the request. */
export function shownOf({ shown }: Pick<TransferRow, 'shown'>): ShownThen {
  return JSON.parse(shown) as ShownThen;
}

/** A row as the one sees it who asked for it. */
export function transferOf(row: TransferRow): Transfer {
  const { item_id: itemId, item_version: version } = row;
  return {
    id: row.id,
    isMove: Boolean(row.is_move),
    status: statusOf(row),
    isCancelled: row.outcome === 'cancelled',
    isPlaced: row.stage === 'placed',
    sourceId: idOf(row.source_id),
    isFolder: Boolean(row.is_folder),
    sourceName: row.source_name,
    parentId: idOf(row.parent_id),
    name: row.name,
    isNew: row.old_id === null,
    made: itemId === null ? undefined : { id: idOf(itemId), version: version ?? 0 },
    files: row.files,
    bytes: row.bytes,
    totalBytes: row.total_bytes ?? undefined,
    begunAt: row.begun_at,
    endedAt: row.ended_at ?? undefined,
    what: row.what,
    note: row.note,
    faults: row.faults === null ? [] : readFaults(row.faults),
  };
}

function statusOf({ outcome, started_at: startedAt, claimed_by: claimedBy }: TransferRow): TransferStatus {
  if (outcome === 'done') return 'done';
  if (outcome !== null) return 'failed';
  return startedAt === null || claimedBy === null ? 'queued' : 'running';
}

/** An id as it stands in a row; 0 is the root. */
export function idOf(id: number | string): ItemId {
  return String(id) === ROOT_ID ? ROOT_ID : itemIdOf(id);
}

/** A fault as it is kept: without what is for the log alone. */
interface KeptFault extends Pick<Fault, 'path' | 'kind'>, Pick<Failure, 'code' | 'message' | 'facts'> {
  readonly reason?: FailureOptions['reason'];
  readonly retryAfter?: FailureOptions['retryAfter'];
  /** There was a cause: another cloud was not reached, and has not answered with trouble. */
  readonly isCaused: boolean;
}

/** Faults as they are kept. */
export function writeFaults(faults: readonly Fault[]): string {
  const kept = faults.map(({ path, kind, failure: { code, message, facts, reason, retryAfter, cause } }): KeptFault => {
    return { path, kind, code, message, facts, reason, retryAfter, isCaused: cause !== undefined };
  });
  return JSON.stringify(kept);
}

function readFaults(text: string): readonly Fault[] {
  return (JSON.parse(text) as readonly KeptFault[]).map(({ path, kind, code, message, isCaused, ...rest }) => {
    const cause = isCaused ? { cause: 'in another process' } : {};
    return { path, kind, failure: new Failure(code, message, { ...rest, ...cause }) };
  });
}
