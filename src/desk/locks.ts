import { invalid, MINUTE, type Failure, type ItemId } from '../kernel/index.js';
import type { Queries, Transaction } from '../platform/index.js';
import type { Lookup } from './comment.js';
import type { Lock, LockClaim, LockHolder } from './lock.js';
import { isMeant, shownUser, type Signed, type Thread } from './thread.js';

interface LockRow extends Signed {
  readonly item_id: ItemId;
  readonly mount_id: ItemId | null;
  readonly ipserver: string;
  readonly datetime: string;
  readonly is_open: boolean | number;
  readonly minutes: number;
  /** When it was taken or last refreshed, milliseconds. */
  readonly touched_at: number;
}

/** The lock of an item, if there ever was one. */
export async function lockOn(q: Queries, thread: Thread, lookup: Lookup, now: number): Promise<Lock | undefined> {
  const row = await q<LockRow>('locks').where({ item_id: thread.itemId }).first();
  return row !== undefined && isMeant(row, thread, lookup) ? lockOf(row, thread, now) : undefined;
}

/** Takes a lock that is free: absent, given back, the holder's own, or not refreshed in its time. */
export async function acquireLock(trx: Transaction, thread: Thread, claim: LockClaim, now: number): Promise<void> {
  const wanted = rowOf(thread, claim, now);
  // Whoever inserts first has it; on PostgreSQL others wait here for that commit.
  await trx('locks')
    .insert({ ...wanted, is_open: false })
    .onConflict('item_id')
    .ignore();
  const row = await lockedRow(trx, thread);
  if (row !== undefined && isHeld(row, now) && !isHolder(row, thread, claim)) {
    throw invalid(`${shownUser(row, thread)} has this file open.`);
  }
  await trx('locks').where({ item_id: thread.itemId }).update(wanted);
}

/** Starts the time of the holder's own lock anew, also when it was over but nobody else came. */
export async function refreshLock(trx: Transaction, thread: Thread, holder: LockHolder, now: number): Promise<void> {
  const row = await heldBy(trx, thread, holder);
  if (!row.is_open) throw notYours();
  await change(trx, thread, { datetime: holder.datetime, touched_at: now });
}

/** Gives the holder's own lock back. */
export async function releaseLock(trx: Transaction, thread: Thread, holder: LockHolder, now: number): Promise<void> {
  await heldBy(trx, thread, holder);
  await change(trx, thread, { datetime: holder.datetime, touched_at: now, is_open: false });
}

async function heldBy(trx: Transaction, thread: Thread, holder: LockHolder): Promise<LockRow> {
  const row = await lockedRow(trx, thread);
  if (row === undefined || !isHolder(row, thread, holder)) throw notYours();
  return row;
}

async function lockedRow(trx: Transaction, { itemId }: Thread): Promise<LockRow | undefined> {
  return trx<LockRow>('locks').where({ item_id: itemId }).forUpdate().first();
}

async function change(trx: Transaction, { itemId }: Thread, values: Partial<LockRow>): Promise<void> {
  await trx('locks').where({ item_id: itemId }).update(values);
}

/** By our clock and the holder's own time: nobody shortens somebody else's lock. */
function isHeld(row: LockRow, now: number): boolean {
  return Boolean(row.is_open) && now <= row.touched_at + row.minutes * MINUTE;
}

/** The same desktop of the same account: a name alone proves nothing (threat model AUT-10). */
function isHolder(row: LockRow, { reader }: Thread, { user, ipserver }: LockHolder): boolean {
  return row.actor === reader.actor && row.user_name === user && row.ipserver === ipserver;
}

function lockOf(row: LockRow, thread: Thread, now: number): Lock {
  const { cloud, ipserver, datetime } = row;
  return { user: shownUser(row, thread), cloud, ipserver, datetime, status: isHeld(row, now) ? 'open' : 'close' };
}

function rowOf({ itemId, mountId, reader }: Thread, claim: LockClaim, now: number): LockRow {
  return {
    item_id: itemId,
    mount_id: mountId ?? null,
    actor: reader.actor,
    home: reader.home ?? null,
    user_name: claim.user,
    cloud: claim.cloud,
    ipserver: claim.ipserver,
    datetime: claim.datetime,
    is_open: true,
    minutes: claim.minutes,
    touched_at: now,
  };
}

function notYours(): Failure {
  return invalid('You do not have this file open.');
}
