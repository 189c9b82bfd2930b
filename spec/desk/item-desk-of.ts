import type { Desk, ItemDesk } from '../../src/desk/index.js';
import type { ItemId, Principal } from '../../src/kernel/index.js';

/** The desk of one item, for somebody: through the front door of the room, so that wherever it is kept is asked. */
export function deskOf(desk: Desk, principal: Principal, id: ItemId): ItemDesk {
  return {
    comments: (lookup) => desk.comments(principal, id, lookup),
    comment: (draft) => desk.comment(principal, id, draft),
    withdraw: (ref) => desk.withdraw(principal, id, ref),
    lock: (lookup) => desk.lock(principal, id, lookup),
    acquire: (claim) => desk.acquire(principal, id, claim),
    refresh: (holder) => desk.refresh(principal, id, holder),
    release: (holder) => desk.release(principal, id, holder),
  };
}
