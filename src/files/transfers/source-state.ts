import { ROOT_ID, type Principal } from '../../kernel/index.js';
import type { Queries } from '../../platform/index.js';
import { lastChangesOf } from '../changes/since.js';
import { receivedStates } from '../places/received-states.js';
import type { Item } from '../space/item.js';
import { digestOf } from './row.js';

/**
 * Names the state of a folder of this cloud with everything below, what others share and stands there included: two are equal
 * only if nothing has changed between them. Empty for everything else.
 */
export async function folderState(q: Queries, principal: Principal, item: Item, now: number): Promise<string> {
  const { id, kind, ownerId } = item;
  if (kind !== 'folder' || ownerId === undefined || id === ROOT_ID) return '';
  const number = (await lastChangesOf(q, [id])).get(id) ?? 0;
  const isOwn = principal.kind === 'person' && principal.accountId === ownerId;
  const received = isOwn ? await receivedStates(q, ownerId, { now, where: 'in-folders' }) : [];
  const inside = received.filter(({ above }) => above.includes(id)).map(({ state }) => state);
  return digestOf(JSON.stringify([number, ...inside]));
}
