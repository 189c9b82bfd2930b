import type { AccountId } from '../../kernel/index.js';
import type { Database, Queries, Transaction } from '../../platform/index.js';
import { KEPT_FOR } from './note.js';

/** Rows looked at, or taken away, in one transaction. */
const BATCH = 200;

interface DueRow {
  tree: AccountId;
  number: number;
}

/**
 * Deletes changes that are older than {@link KEPT_FOR}, in bounded batches; answers how many. The newest change of each
 * tree stays: its number is what the next one continues from, and a cursor of a tree without changes never becomes too
 * old. It is looked at again a month later.
 */
export async function forgetChanges(database: Database, now: number): Promise<number> {
  let forgotten = 0;
  for (;;) {
    const due = await dueChanges(database.read, now);
    if (due.length === 0) return forgotten;
    forgotten += await database.vital(async (trx) => {
      let gone = 0;
      for (const [tree, number] of lastOfEach(due)) gone += await forgetUpTo(trx, { tree, number }, now);
      return gone;
    });
  }
}

/** Deletes every change of a tree that has been erased; its cursors are too old from then on. */
export async function forgetTree(database: Database, tree: AccountId): Promise<void> {
  const oldest = (trx: Transaction) => trx('changes').where({ tree }).orderBy('number').limit(BATCH).select('number');
  const forgetSome = (): Promise<number> =>
    database.write((trx) => trx('changes').where({ tree }).whereIn('number', oldest(trx)).delete());
  while ((await forgetSome()) === BATCH);
}

async function dueChanges(q: Queries, now: number): Promise<DueRow[]> {
  return q<DueRow & { due_at: number }>('changes')
    .where('due_at', '<=', now)
    .orderBy('due_at')
    .limit(BATCH)
    .select('tree', 'number');
}

function lastOfEach(due: readonly DueRow[]): Map<AccountId, number> {
  const last = new Map<AccountId, number>();
  for (const { tree, number } of due) last.set(tree, Math.max(number, last.get(tree) ?? 0));
  return last;
}

/**
 * Always deletes from the beginning, whatever the clock did meanwhile: a gap in the middle would look like lost
 * changes.
 */
async function forgetUpTo(trx: Transaction, { tree, number }: DueRow, now: number): Promise<number> {
  const newest = trx('changes').where({ tree }).max('number');
  const forgotten = await trx('changes')
    .where({ tree })
    .where('number', '<=', number)
    .where('number', '<', newest)
    .delete();
  await trx('changes')
    .where({ tree, number })
    .where('due_at', '<=', now)
    .update({ due_at: now + KEPT_FOR });
  return forgotten;
}
