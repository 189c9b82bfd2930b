import type { Clock, Principal } from '../../kernel/index.js';
import type { Database, Queries, Transaction } from '../../platform/index.js';
import type { Comment, CommentDraft, CommentRef, Lookup } from './comment.js';
import { addComment, commentsOn, removeComment } from './comments.js';
import type { ItemDesk } from './item-desk.js';
import type { Lock, LockClaim, LockHolder } from './lock.js';
import { acquireLock, lockOn, refreshLock, releaseLock } from './locks.js';
import type { DeskLocations } from './locations.js';
import type { KeptItem, Thread } from './thread.js';

/** What comments and locks are kept with in this cloud. */
export interface LocalDeskInputs {
  readonly database: Database;
  readonly clock: Clock;
  readonly places: DeskLocations;
  /** What people of other clouds call this one. */
  readonly cloudName: string;
}

/** An item whose comments and lock are kept in this cloud's database, as one principal may use them. */
export class LocalDesk implements ItemDesk {
  readonly #in: LocalDeskInputs;
  readonly #asker: Principal;
  readonly #item: KeptItem;

  constructor(inputs: LocalDeskInputs, asker: Principal, item: KeptItem) {
    this.#in = inputs;
    this.#asker = asker;
    this.#item = item;
  }

  async comments(lookup: Lookup): Promise<readonly Comment[]> {
    return this.#read((q, thread) => commentsOn(q, thread, lookup));
  }

  async comment(draft: CommentDraft): Promise<Comment> {
    return this.#write((trx, thread, { now }) => addComment(trx, thread, draft, now));
  }

  async withdraw(ref: CommentRef): Promise<Comment> {
    return this.#write((trx, thread, { owns }) => removeComment(trx, thread, ref, owns));
  }

  async lock(lookup: Lookup): Promise<Lock | undefined> {
    return this.#read((q, thread) => lockOn(q, thread, lookup, this.#in.clock.now()));
  }

  async acquire(claim: LockClaim): Promise<void> {
    await this.#write((trx, thread, { now }) => acquireLock(trx, thread, claim, now));
  }

  async refresh(holder: LockHolder): Promise<void> {
    await this.#write((trx, thread, { now }) => refreshLock(trx, thread, holder, now));
  }

  async release(holder: LockHolder): Promise<void> {
    await this.#write((trx, thread, { now }) => releaseLock(trx, thread, holder, now));
  }

  async #read<T>(work: (q: Queries, thread: Thread) => Promise<T>): Promise<T> {
    const q = this.#in.database.read;
    return work(q, await this.#thread(q));
  }

  /** Judged and written in one transaction (threat model AUT-07). */
  async #write<T>(work: (trx: Transaction, thread: Thread, at: Moment) => Promise<T>): Promise<T> {
    const { database, places, clock } = this.#in;
    return database.write(async (trx) => {
      const { owns } = await places.mayWrite(trx, this.#asker, this.#item.itemId);
      return work(trx, await this.#thread(trx), { owns, now: clock.now() });
    });
  }

  async #thread(q: Queries): Promise<Thread> {
    const reader = await this.#in.places.partyOf(q, this.#asker);
    return { ...this.#item, reader, here: this.#in.cloudName };
  }
}

/** What a change is judged by. */
interface Moment {
  readonly owns: boolean;
  readonly now: number;
}
