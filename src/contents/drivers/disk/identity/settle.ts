import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isFailure, type Random } from '../../../../kernel/index.js';
import {
  underSchemaLock,
  type Database,
  type Log,
  type Queries,
  type Transaction,
} from '../../../../platform/index.js';
import { isContentKey, type NamedContents, type StorageOpening } from '../../../driver/index.js';
import { kindOf } from '../calls/disk-calls.js';
import { shardOf, storedKeys } from '../calls/walk.js';
import { knownStore, noteTakeOver, rememberStore, UNFINISHED } from './known-store.js';
import { readMarker, writeMarker, type Marker } from './marker.js';
import { mismatched, unusable } from './refusals.js';
import { recordUnclaimed } from './unclaimed.js';
import { judgeIdentity, type FoundAtStart, type IdentityVerdict } from './verdict.js';

/** What to do when database and folder do not belong together: refuse, or take the folder over. */
export type StorageClaim = Exclude<StorageOpening, 'read'>;

/** What {@link settleIdentity} needs. */
export interface IdentityInputs extends NamedContents {
  readonly folder: string;
  readonly database: Database;
  readonly random: Random;
  readonly log: Log;
}

/**
 * Checks that database and storage folder belong together, and answers the identity of the store. New ones are given an
 * identity; those of release 0.1 too, if the contents that the database refers to are there. Throws `unavailable` with
 * a sentence that says what to do, without having changed anything, unless `claim` is to adopt: then the folder gets a
 * new identity, which no other database knows (docs/decisions 0028).
 */
export async function settleIdentity(inputs: IdentityInputs, claim: StorageClaim): Promise<Marker> {
  try {
    return await settle(inputs, claim);
  } catch (error) {
    throw isFailure(error) || !isSystemError(error) ? error : unusable(error, inputs.folder);
  }
}

async function settle(inputs: IdentityInputs, claim: StorageClaim): Promise<Marker> {
  const found = await look(inputs, inputs.database.read);
  if (found.known !== undefined && judgeIdentity(found).kind === 'fits')
    return fitting(inputs, found.known, found.marker);
  const verdict = await verdictUnderLock(inputs, claim);
  if (verdict.kind !== 'fits' && verdict.kind !== 'new') await spareUnnamed(inputs);
  await verdictUnderLock(inputs, claim, async (trx, known) => {
    const id = known?.generation === UNFINISHED ? known.id : inputs.random.bytes(16).toString('hex');
    await rememberStore(trx, { id, generation: UNFINISHED });
    if (verdict.kind === 'mismatch') await noteTakeOver(trx, inputs.random.bytes(8).toString('hex'));
  });
  return finish(inputs);
}

/**
 * Checks while no other process can do the same, and refuses a mismatch. Calls `make` when there is no identity yet.
 */
async function verdictUnderLock(
  inputs: IdentityInputs,
  claim: StorageClaim,
  make?: (trx: Transaction, known: Marker | undefined) => Promise<void>,
): Promise<IdentityVerdict> {
  return underSchemaLock(inputs.database, async (trx) => {
    const found = await look(inputs, trx);
    const verdict = judgeIdentity(found);
    if (verdict.kind === 'mismatch' && claim !== 'adopt') throw mismatched(verdict.why, inputs.folder);
    if (verdict.kind !== 'fits') await make?.(trx, found.known);
    return verdict;
  });
}

/** Completes an identity that the database has and the folder not yet, also after a crash (OPS-02). */
async function finish({ folder, database, random }: IdentityInputs): Promise<Marker> {
  return underSchemaLock(database, async (trx) => {
    const known = await knownStore(trx);
    if (known === undefined) throw new Error('the identity of the store was not kept');
    if (known.generation !== UNFINISHED) return known;
    const first = { id: known.id, generation: UNFINISHED + 1 };
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeMarker(folder, first, random.bytes(8).toString('hex'));
    await rememberStore(trx, first);
    return first;
  });
}

async function spareUnnamed({ database, folder, named, log }: IdentityInputs): Promise<void> {
  const spared = await recordUnclaimed(database, join(folder, 'blobs'), named);
  log.warn({ folder, spared }, 'this database takes the storage folder over; what it does not name is spared');
}

function fitting({ log, folder }: IdentityInputs, known: Marker, marker: FoundAtStart['marker']): Marker {
  // If the folder is behind by one, a process crashed between the two writes of a generation.
  const behind = typeof marker === 'object' ? known.generation - marker.generation : 0;
  if (behind > 1) log.warn({ folder }, 'the storage is older than the database: files may be missing; run verify');
  return known;
}

async function look({ folder, sample }: IdentityInputs, q: Queries): Promise<FoundAtStart> {
  const [known, marker] = [await knownStore(q), await readMarker(folder)];
  // Only where neither has an identity does it matter what the folder contains, and whether the database refers to it.
  if (known !== undefined || marker !== undefined) return { known, marker, holdsContents: false, asked: 0, there: 0 };
  const keys = await sample(q);
  return {
    known,
    marker,
    holdsContents: await holdsContents(folder),
    asked: keys.length,
    there: await count(folder, keys),
  };
}

async function holdsContents(folder: string): Promise<boolean> {
  const first = await storedKeys(join(folder, 'blobs')).next();
  return first.done !== true;
}

async function count(folder: string, keys: readonly string[]): Promise<number> {
  let there = 0;
  for (const key of keys.filter(isContentKey)) {
    if ((await kindOf(join(folder, 'blobs', shardOf(key), key))) === 'file') there += 1;
  }
  return there;
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}
