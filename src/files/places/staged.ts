import { DAY, itemIdOf, type AccountId, type ItemId } from '../../kernel/index.js';
import type { Queries } from '../../platform/index.js';

/**
 * What an item is called while it is made beside its place. In this cloud a state of its row hides it; in others, which have no such
 * state, a record of its name does (`places/staged-rows.ts`). Whatever else is called so is somebody's own.
 */
const STAGED = /^\.fb-part-[0-9a-f]{32}$/;

/** How long an item may be on its way, milliseconds: what is older was left by a crash. */
export const ON_ITS_WAY = DAY;

/** Items answered at a time. */
const SOME = 100;

/** True for a name under which something may be on its way. */
export function isStagedName(name: string): boolean {
  return STAGED.test(name);
}

/** The name under which something is staged. `random`: 32 hexadecimal digits. */
export function stagedName(random: string): string {
  return `.fb-part-${random}`;
}

/** Some of the staged items of this cloud that nobody brings to their places any more, with the people who own them. */
export async function abandonedStaged(
  q: Queries,
  now: number,
): Promise<{ readonly id: ItemId; readonly ownerId: AccountId }[]> {
  const rows = await q('items')
    .where('staged_at', '<', now - ON_ITS_WAY)
    .orderBy('staged_at')
    .limit(SOME)
    .select<{ id: number | string; owner_id: AccountId }[]>('id', 'owner_id');
  return rows.map(({ id, owner_id: ownerId }) => ({ id: itemIdOf(id), ownerId }));
}
