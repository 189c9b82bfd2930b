import type { Comment, CommentDraft, CommentRef, Lookup } from './comment.js';
import type { Lock, LockClaim, LockHolder } from './lock.js';

/**
 * The comments and the lock of one item, as one asker may use them: kept here, or at the cloud that holds the item.
 *
 * A caller may assume: every method throws `Failure` and nothing else; `not-found` when the item is not, or no longer,
 * the asker's to see, `forbidden` for changes of what they may only read; a refused change changes nothing.
 */
export interface ItemDesk {
  /** The live comments, oldest first: everybody's who can see the item. */
  comments(lookup: Lookup): Promise<readonly Comment[]>;
  /** Adds a comment; `invalid` when there are too many or its text is too long. */
  comment(draft: CommentDraft): Promise<Comment>;
  /** Deletes a comment: its writer may, and the owner of the item. `invalid` when there is no such comment of theirs. */
  withdraw(ref: CommentRef): Promise<Comment>;
  /** The lock, if there ever was one. */
  lock(lookup: Lookup): Promise<Lock | undefined>;
  /** Takes the lock, or keeps it; `invalid` when somebody else has it. Of two at once, one gets it. */
  acquire(claim: LockClaim): Promise<void>;
  /** Starts the time of a lock anew; `invalid` unless this very holder has it. */
  refresh(holder: LockHolder): Promise<void>;
  /** Gives a lock back, twice if need be; `invalid` unless this very holder had it. */
  release(holder: LockHolder): Promise<void>;
}
