import { Failure, type Clock } from '../kernel/index.js';
import type { Database } from './database.js';

/** So many acts in so long a window. */
export interface Limit {
  readonly acts: number;
  /** Milliseconds. */
  readonly per: number;
}

/** Counts acts per key in fixed windows kept in the database, so that replicas and restarts share them. */
export interface Limiter {
  /** Counts one act; throws `too-many` with `retryAfter` when the window is full. */
  spend(key: string, limit: Limit): Promise<void>;
  /** Throws like {@link spend} when the window is already full, without counting. */
  check(key: string, limit: Limit): Promise<void>;
  /** Forgets a key, as after a successful sign-in. */
  forget(key: string): Promise<void>;
}

interface LimitRow {
  count: number;
  resets_at: number;
}

/** A limiter on the table `limits`. */
export function createLimiter(database: Database, clock: Clock): Limiter {
  const refuse = (row: LimitRow, limit: Limit): void => {
    if (row.count > limit.acts) throw tooMany(row.resets_at - clock.now());
  };
  return {
    async spend(key, limit) {
      const row = await database.write(async (trx) => {
        const now = clock.now();
        await trx('limits').where('resets_at', '<=', now).delete();
        const [counted] = await trx('limits')
          .insert({ key, count: 1, resets_at: now + limit.per })
          .onConflict('key')
          .merge({ count: trx.raw('limits.count + 1') })
          .returning<LimitRow[]>(['count', 'resets_at']);
        return counted;
      });
      if (row !== undefined) refuse(row, limit);
    },
    async check(key, limit) {
      const row = await database.read<LimitRow & { key: string }>('limits').where({ key }).first();
      if (row !== undefined && row.resets_at > clock.now()) refuse({ ...row, count: row.count + 1 }, limit);
    },
    async forget(key) {
      await database.write((trx) => trx('limits').where({ key }).delete());
    },
  };
}

function tooMany(millis: number): Failure {
  const retryAfter = Math.max(1, Math.ceil(millis / 1000));
  return new Failure('too-many', `Too many attempts. Try again in ${String(retryAfter)} seconds.`, { retryAfter });
}
