import { Failure, isFailure, MINUTE, type Clock } from '../kernel/index.js';
import type { Database, Queries, Transaction } from './database/database.js';
import type { Sealer } from './sealing.js';

/** So many acts in so long a window. */
export interface Limit {
  readonly acts: number;
  /** Milliseconds. */
  readonly per: number;
  /**
   * True for acts before any proof: strangers can choose the keys, so their counters are kept in {@link
   * STRANGERS_SLOTS} slots per kind of act, and two keys may share a slot. The kind is the part of the key before its
   * first colon.
   */
  readonly ofStrangers?: boolean;
}

/** The most counters of one kind of act that strangers can make (F-61): some ten megabytes. */
export const STRANGERS_SLOTS = 65_536;

/** Counts acts per key in fixed windows kept in the database, so that replicas and restarts share them. */
export interface Limiter {
  /**
   * Counts one act; throws `too-many` with `retryAfter` when the window is full, and then counts nothing. Uses the
   * caller's transaction if there is one, so that an act that is rolled back is not counted.
   */
  spend(key: string, limit: Limit, within?: Transaction): Promise<void>;
  /** How many more acts fit into the window now, and in how many seconds it ends. Counts nothing. */
  allowance(key: string, limit: Limit, q?: Queries): Promise<Allowance>;
  /** Throws like {@link spend} when the window is already full, without counting. */
  check(key: string, limit: Limit): Promise<void>;
  /** Forgets what was counted under a key for this limit, as after a successful sign-in. */
  forget(key: string, limit: Limit): Promise<void>;
}

/** What is left of a window. */
export interface Allowance {
  readonly left: number;
  /** Seconds. */
  readonly retryAfter: number;
}

interface LimitRow {
  count: number;
  resets_at: number;
}

/**
 * A limiter on the table `limits`. Which keys of strangers share a slot depends on the secret key, so they cannot
 * choose it.
 */
export function createLimiter(database: Database, clock: Clock, sealer: Pick<Sealer, 'digest'>): Limiter {
  const rowOf = (key: string, { ofStrangers }: Limit): string => (ofStrangers === true ? slotOf(key, sealer) : key);
  const refuse = (row: LimitRow, limit: Limit): void => {
    if (row.count > limit.acts) throw tooMany(row.resets_at - clock.now());
  };
  return {
    async spend(text, limit, within) {
      const key = rowOf(text, limit);
      const count = async (trx: Transaction): Promise<void> => {
        const now = clock.now();
        await trx('limits').where('resets_at', '<=', now).delete();
        const [counted] = await trx('limits')
          .insert({ key, count: 1, resets_at: now + limit.per })
          .onConflict('key')
          .merge({ count: trx.raw('limits.count + 1') })
          .returning<LimitRow[]>(['count', 'resets_at']);
        // The refusal rolls the transaction back, and the count with it.
        if (counted !== undefined) refuse(counted, limit);
      };
      await (within === undefined ? database.vital(count) : count(within));
    },
    async allowance(text, limit, q = database.read) {
      const key = rowOf(text, limit);
      const row = await q<LimitRow & { key: string }>('limits').where({ key }).first();
      if (row === undefined || row.resets_at <= clock.now()) return { left: limit.acts, retryAfter: 0 };
      return { left: Math.max(0, limit.acts - row.count), retryAfter: secondsOf(row.resets_at - clock.now()) };
    },
    async check(text, limit) {
      const key = rowOf(text, limit);
      const row = await database.read<LimitRow & { key: string }>('limits').where({ key }).first();
      if (row !== undefined && row.resets_at > clock.now()) refuse({ ...row, count: row.count + 1 }, limit);
    },
    async forget(text, limit) {
      const key = rowOf(text, limit);
      await database.vital((trx) => trx('limits').where({ key }).delete());
    },
  };
}

function slotOf(key: string, sealer: Pick<Sealer, 'digest'>): string {
  const [kind = ''] = key.split(':', 1);
  const slot = Number.parseInt(sealer.digest(key, 'limiter-slot').slice(0, 8), 16) % STRANGERS_SLOTS;
  return `${kind}:#${String(slot)}`;
}

function tooMany(millis: number): Failure {
  const retryAfter = secondsOf(millis);
  return new Failure('too-many', `Too many attempts. Try again in ${String(retryAfter)} seconds.`, { retryAfter });
}

function secondsOf(millis: number): number {
  return Math.max(1, Math.ceil(millis / 1000));
}

/** Twenty misses a minute may be a person with a bad copy of a link, or a program with an old password; more is somebody who guesses (PRO-09, ACC-02). */
const MISSES: Limit = { acts: 20, per: MINUTE, ofStrangers: true };

/**
 * Looks up what a secret opens; a miss, which is `undefined` or `not-found`, is counted under `key`. Throws `too-many` after
 * twenty misses a minute, then without looking, so that a right secret is refused too for a while. A hit writes nothing.
 */
export async function countMisses<Found>(
  limiter: Pick<Limiter, 'check' | 'spend'>,
  key: string,
  look: () => Promise<Found>,
): Promise<Found> {
  await limiter.check(key, MISSES);
  try {
    const found = await look();
    if (found === undefined) await limiter.spend(key, MISSES);
    return found;
  } catch (error) {
    if (isFailure(error, 'not-found')) await limiter.spend(key, MISSES);
    throw error;
  }
}
