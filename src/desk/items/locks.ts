import { desktopLock, enterLock, isHeld, shownLock, writeDesktopLock } from '../../files/index.js';
import type { DesktopRow, LockRow } from '../../files/index.js';
import { invalid, type Failure } from '../../kernel/index.js';
import type { Queries, Transaction } from '../../platform/index.js';
import type { Lookup } from './comment.js';
import type { Lock, LockClaim, LockHolder } from './lock.js';
import { isMeant, shownUser, type Thread } from './thread.js';

/** The lock of an item, if there ever was one. */
export async function lockOn(q: Queries, thread: Thread, lookup: Lookup, now: number): Promise<Lock | undefined> {
  const row = await shownLock(q, thread.itemId, now);
  // A binding lock applies to everybody, whatever their desktops call this cloud.
  if (row === undefined || (row.token === null && !isMeant(row, thread, lookup))) return undefined;
  return lockOf(row, thread, now);
}

/** Takes a lock that is free: absent, given back, the holder's own, or not refreshed in its time. */
export async function acquireLock(trx: Transaction, thread: Thread, claim: LockClaim, now: number): Promise<void> {
  const wanted = rowOf(thread, claim, now);
  const row = await enterLock(trx, { ...wanted, is_open: false }, now);
  if (row !== undefined && isHeld(row, now) && !isHolder(row, thread, claim)) {
    throw invalid(`${shownUser(row, thread)} has this file open.`);
  }
  await writeDesktopLock(trx, thread.itemId, wanted);
}

/** Starts the time of the holder's own lock anew, also when it was over but nobody else came. */
export async function refreshLock(trx: Transaction, thread: Thread, holder: LockHolder, now: number): Promise<void> {
  const row = await heldBy(trx, thread, holder);
  const shown = await shownLock(trx, thread.itemId, now);
  const isTaken = shown !== undefined && shown.id !== row.id && shown.actor !== row.actor;
  if (!row.is_open || isTaken) throw notYours();
  await writeDesktopLock(trx, thread.itemId, { datetime: holder.datetime, touched_at: now });
}

/** Gives the holder's own lock back. */
export async function releaseLock(trx: Transaction, thread: Thread, holder: LockHolder, now: number): Promise<void> {
  await heldBy(trx, thread, holder);
  await writeDesktopLock(trx, thread.itemId, { datetime: holder.datetime, touched_at: now, is_open: false });
}

async function heldBy(trx: Transaction, thread: Thread, holder: LockHolder): Promise<LockRow> {
  const row = await desktopLock(trx, thread.itemId);
  if (row === undefined || !isHolder(row, thread, holder)) throw notYours();
  return row;
}

/** The same desktop of the same account: a name alone proves nothing (threat model AUT-10). */
function isHolder(row: LockRow, { reader }: Thread, { user, ipserver }: LockHolder): boolean {
  return row.actor === reader.actor && row.user_name === user && row.ipserver === ipserver;
}

function lockOf(row: LockRow, thread: Thread, now: number): Lock {
  const { cloud, ipserver, datetime } = row;
  return { user: shownUser(row, thread), cloud, ipserver, datetime, status: isHeld(row, now) ? 'open' : 'close' };
}

function rowOf({ itemId, mountId, reader }: Thread, claim: LockClaim, now: number): DesktopRow {
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
