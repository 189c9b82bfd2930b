import { itemIdOf, type AccountId, type ItemId } from '../../kernel/index.js';
import type { Database, Transaction } from '../../platform/index.js';
import type { ItemRow } from '../records/item-rows.js';
import { lockTree } from '../records/owner.js';
import { dropContents, oldContentsOf } from './old-contents.js';
import { nextThinning, thinned, type ThinningRule } from './thinning.js';

/** Files looked at before the event loop is yielded. */
const BATCH = 100;

/**
 * Thins out the older versions of every file that is due, one file per transaction. Answers how many versions were
 * deleted.
 */
export async function thinDueVersions(database: Database, now: number, rule: ThinningRule): Promise<number> {
  let dropped = 0;
  for (;;) {
    const due = await dueFiles(database, now);
    for (const { id, owner_id: ownerId } of due) {
      dropped += await database.write((trx) => thinFile(trx, { ownerId, id: itemIdOf(id), now, rule }));
    }
    if (due.length < BATCH) return dropped;
  }
}

/** When to look at the versions of a file again, now that it gets one more. */
export function thinningAfter(item: Pick<ItemRow, 'thin_at'>, now: number, rule: ThinningRule): number | null {
  const next = nextThinning(new Array(rule.last + 1).fill({ at: now }), now, rule);
  if (next === undefined) return item.thin_at;
  return item.thin_at === null ? next : Math.min(item.thin_at, next);
}

async function dueFiles(database: Database, now: number): Promise<Pick<ItemRow, 'id' | 'owner_id'>[]> {
  // Files in the trash keep their versions, because they may be restored.
  const live = database.read<ItemRow>('items').whereNull('deleted_at');
  return live.where('thin_at', '<=', now).limit(BATCH).select('id', 'owner_id');
}

async function thinFile(
  trx: Transaction,
  { ownerId, id, now, rule }: { ownerId: AccountId; id: ItemId; now: number; rule: ThinningRule },
): Promise<number> {
  await lockTree(trx, ownerId);
  const contents = await oldContentsOf(trx, id);
  const kept = thinned(contents, now, rule);
  const gone = contents.filter((content) => !kept.includes(content));
  await dropContents(trx, ownerId, gone);
  const next = nextThinning(kept, now, rule) ?? null;
  await trx('items').where({ id }).whereNull('deleted_at').update({ thin_at: next });
  return gone.length;
}
