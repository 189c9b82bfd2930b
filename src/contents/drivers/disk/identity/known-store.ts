import { z } from 'zod';
import { keepMeta, metaValue, type Queries, type Transaction } from '../../../../platform/index.js';
import type { Marker } from './marker.js';

/**
 * The row of `meta` that names the store of this database. Earlier releases neither change it nor lose it in a backup.
 */
const KEY = 'store';

/** The row of `meta` that is written anew whenever a database takes a store over: see {@link dataFingerprint}. */
const TAKEN_OVER = 'data-fingerprint';

const Row = z.object({ id: z.string(), generation: z.int() });

/**
 * The store is being made: the database knows the id, the folder may not have it yet. After a crash in between, the
 * next start continues (OPS-02).
 */
export const UNFINISHED = 0;

/** The id and generation that a database has of its store; undefined when it never had one, or is of release 0.1. */
export async function knownStore(q: Queries): Promise<Marker | undefined> {
  const value = await metaValue(q, KEY);
  return value === undefined ? undefined : Row.parse(JSON.parse(value));
}

/** Writes id and generation of the store into the database. */
export async function rememberStore(trx: Transaction, { id, generation }: Marker): Promise<void> {
  await keepMeta(trx, KEY, JSON.stringify({ id, generation }));
}

/** Notes that the database takes a store over: what people had here may be older, or less, than it was before. */
export async function noteTakeOver(trx: Transaction, word: string): Promise<void> {
  await keepMeta(trx, TAKEN_OVER, word);
}

/**
 * A word that changes whenever this database has taken a storage folder over, as after an older copy of it was restored; empty
 * before. Programs that keep files in step then upload what they miss here, where they would delete it else (webdav.md 1.6).
 */
export async function dataFingerprint(q: Queries): Promise<string> {
  return (await metaValue(q, TAKEN_OVER)) ?? '';
}

/** Raises the generation by one, one replica at a time; undefined when the database has another store now. */
export async function riseGeneration(trx: Transaction, id: string): Promise<Marker | undefined> {
  // The row is locked until the commit, so that two replicas never reach the same number.
  await trx('meta').where({ key: KEY }).forUpdate().first('key');
  const known = await knownStore(trx);
  if (known?.id !== id) return undefined;
  const risen = { id, generation: known.generation + 1 };
  await rememberStore(trx, risen);
  return risen;
}
