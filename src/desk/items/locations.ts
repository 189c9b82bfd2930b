import type { ItemId, Principal } from '../../kernel/index.js';
import type { Queries, Transaction } from '../../platform/index.js';
import type { ItemDesk } from './item-desk.js';
import type { Party } from './party.js';

/** Where the comments and the lock of an item are kept. */
export type DeskLocation =
  /** Here; those of an item below a mount go when the mount goes. */
  | { readonly kind: 'here'; readonly mountId: ItemId | undefined }
  /** At the cloud that holds the item. */
  | { readonly kind: 'abroad'; readonly desk: ItemDesk };

/** What this room asks about items and people; the composition root answers it from the rooms that know. */
export interface DeskLocations {
  /**
   * Where an item's comments are kept, for who wants to do this with them. `not-found` for what is deleted or not the
   * asker's to see, `forbidden` for changes of what they may only read. May ask another cloud.
   */
  find(principal: Principal, id: ItemId, verb: 'read' | 'write'): Promise<DeskLocation>;
  /**
   * Whether the item is the asker's own, when they may change it, and holds that answer until the transaction ends.
   * Throws `not-found` or `forbidden` otherwise.
   */
  mayWrite(trx: Transaction, principal: Principal, id: ItemId): Promise<{ readonly owns: boolean }>;
  /** Who the principal is to people of this and other clouds. */
  partyOf(q: Queries, principal: Principal): Promise<Party>;
}
