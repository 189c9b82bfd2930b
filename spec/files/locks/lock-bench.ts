import { addMember, type Item, type LockWish } from '../../../src/files/index.js';
import { ROOT_ID } from '../../../src/kernel/index.js';
import type { Database } from '../../../src/platform/index.js';
import { openFilesBench, textContent, type FilesBench } from '../files-bench.js';

/** Ana's tree, whose folder `plans` Bo may change: `plans/deep/budget`, `plans/notes`, and `diary` beside it. */
export interface LockBench extends FilesBench {
  readonly plans: Item;
  readonly deep: Item;
  readonly budget: Item;
  readonly notes: Item;
  readonly diary: Item;
}

/** Opens the bench. */
export async function openLockBench(database: Database): Promise<LockBench> {
  const files = await openFilesBench(database);
  const { tree, ana, bo, clock } = files;
  const plans = await tree.makeFolder(ana, ROOT_ID, 'plans');
  const deep = await tree.makeFolder(ana, plans.id, 'deep');
  const budget = await tree.create(ana, deep.id, 'budget', textContent('42'));
  const notes = await tree.create(ana, plans.id, 'notes', textContent('1'));
  const diary = await tree.create(ana, ROOT_ID, 'diary', textContent('dear'));
  const member = { folderId: plans.id, accountId: bo.accountId, permission: 'read-write' } as const;
  await database.write((trx) => addMember(trx, { ...member, joinedAt: clock.now(), expiresAt: undefined }));
  return { ...files, plans, deep, budget, notes, diary };
}

/** An exclusive, flat lock for half an hour, but for `changes`. */
export function wish(name = 'Ana', changes: Partial<LockWish> = {}): LockWish {
  return { isShared: false, isDeep: false, name, note: '', ...changes };
}

/** The token of one's own lock. */
export function tokenOf(lock: { readonly token: string | undefined }): string {
  if (lock.token === undefined) throw new Error('not one’s own');
  return lock.token;
}
