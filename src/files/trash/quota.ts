import type { AccountId } from '../../kernel/index.js';
import type { Transaction } from '../../platform/index.js';
import { totalOf, type Usage } from '../records/owner.js';
import { dropContents, oldestContents } from '../versions/index.js';
import { condemn } from './erase.js';
import type { TrashRow } from './entries.js';

/** Entries or versions looked at in one statement. */
const PAGE = 100;

/**
 * If this transaction has brought the owner's usage over the quota, deletes until it fits: first the oldest entries of
 * the trash, then the oldest of older versions (ruling F-04). Under the lock of the tree. Answers the bytes that were
 * freed. `usage` is from before the transaction; `growth` is how much it added to the sum of current files, versions
 * and trash, bytes.
 */
export async function freeQuota(trx: Transaction, ownerId: AccountId, usage: Usage, growth: number): Promise<number> {
  const over = usage.quota === undefined ? 0 : totalOf(usage) + growth - usage.quota;
  const fromTrash = await untilFreed(
    over,
    async () => oldestOfTrash(trx, ownerId),
    async (entry) => condemn(trx, entry),
  );
  const fromVersions = await untilFreed(
    over - fromTrash,
    async () => oldestContents(trx, ownerId, PAGE),
    async (content) => dropContents(trx, ownerId, [content]),
  );
  return fromTrash + fromVersions;
}

/** Frees one thing after another until `wanted` bytes are free or nothing is left. */
async function untilFreed<Thing>(
  wanted: number,
  page: () => Promise<readonly Thing[]>,
  free: (thing: Thing) => Promise<number>,
): Promise<number> {
  let freed = 0;
  while (freed < wanted) {
    const things = await page();
    if (things.length === 0) break;
    for (const thing of things) {
      if (freed >= wanted) break;
      freed += await free(thing);
    }
  }
  return freed;
}

async function oldestOfTrash(trx: Transaction, ownerId: AccountId): Promise<TrashRow[]> {
  return trx<TrashRow>('trash')
    .where({ owner_id: ownerId, state: 'kept' })
    .where('bytes', '>', 0)
    .orderBy(['trashed_at', 'item_id'])
    .limit(PAGE);
}
