import type { Knex } from 'knex';
import { Failure } from '../../kernel/index.js';
import type { Database, Queries } from '../../platform/index.js';
import type { NewLock } from './lock-row.js';

/** Most binding locks of one person or grant, on one item, and in the whole cloud (threat model DAV-03). */
const MOST = { actor: 100, item: 32, cloud: 10_000 } as const;

/** Rows deleted in one transaction. */
const BATCH = 500;

/**
 * Throws `quota` when a limit of {@link MOST} is reached; without an item, of the two others. The limit of one item is exact; those of a person and of the
 * cloud may be passed by a few locks that are taken at the same moment in different trees.
 */
export async function refuseTooMany(
  q: Queries,
  { actor, bound_id: id }: Pick<NewLock, 'actor'> & Partial<Pick<NewLock, 'bound_id'>>,
  now: number,
): Promise<void> {
  const held = () => q('locks').where('ends_at', '>=', now);
  const counts = [
    ...(id === undefined ? [] : [[MOST.item, held().where({ bound_id: id })] as const]),
    [MOST.actor, held().where({ actor })],
    [MOST.cloud, held()],
  ] as const;
  for (const [most, locks] of counts) {
    const row = await locks.count({ count: '*' }).first<{ readonly count: number | string } | undefined>();
    if (Number(row?.count ?? 0) >= most) throw new Failure('quota', 'There are too many locks already.');
  }
}

/**
 * Deletes binding locks that have expired, in bounded batches; answers how many. Rows of desktop locks stay, because
 * desktops show who had a file last. So do those that still hold in another cloud: they are given back there first.
 */
export async function forgetLocks(database: Database, now: number): Promise<number> {
  let total = 0;
  for (;;) {
    const over = await overIn(database.read, now).limit(BATCH).pluck<(number | string)[]>('id');
    if (over.length === 0) return total;
    // A lock that was refreshed meanwhile stays.
    total += await database.vital((trx) => overIn(trx, now).whereIn('id', over).delete());
    if (over.length < BATCH) return total;
  }
}

/** Locks that hold nowhere any more. */
function overIn(q: Queries, now: number): Knex.QueryBuilder {
  return q('locks')
    .where('ends_at', '<', now)
    .where((either) => void either.whereNull('abroad_ends_at').orWhere('abroad_ends_at', '<', now));
}
