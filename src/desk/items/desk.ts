import { invalid, type ItemId, type Principal } from '../../kernel/index.js';
import type { Comment, CommentDraft, CommentRef, Lookup } from './comment.js';
import type { ItemDesk } from './item-desk.js';
import { LocalDesk, type LocalDeskInputs } from './local-desk.js';
import type { Lock, LockClaim, LockHolder } from './lock.js';
import { checkTexts } from '../texts.js';

/** Longest time that a lock may hold without being refreshed, minutes. */
const MAX_MINUTES = 24 * 60;

const DATETIME = /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/;

/**
 * Comments and locks of files (stacksync-api-v2.md 8). Every call checks access: who can see an item sees its comments
 * and its lock, who may change it may add some. See {@link ItemDesk} for what is thrown.
 */
export class Desk {
  readonly #in: LocalDeskInputs;

  constructor(inputs: LocalDeskInputs) {
    this.#in = inputs;
  }

  /** The live comments on an item, oldest first. */
  async comments(principal: Principal, id: ItemId, lookup: Lookup): Promise<readonly Comment[]> {
    return (await this.#at(principal, id, 'read')).comments(lookup);
  }

  /** Adds a comment. */
  async comment(principal: Principal, id: ItemId, draft: CommentDraft): Promise<Comment> {
    checkTexts(draft, ['user', 'cloud', 'text']);
    return (await this.#at(principal, id, 'write')).comment(draft);
  }

  /** Deletes a comment of the asker's own, or anybody's on an item that they own. */
  async withdraw(principal: Principal, id: ItemId, ref: CommentRef): Promise<Comment> {
    return (await this.#at(principal, id, 'write')).withdraw(ref);
  }

  /** The lock of an item, if there ever was one. */
  async lock(principal: Principal, id: ItemId, lookup: Lookup): Promise<Lock | undefined> {
    return (await this.#at(principal, id, 'read')).lock(lookup);
  }

  /** Takes or keeps the lock of an item. */
  async acquire(principal: Principal, id: ItemId, claim: LockClaim): Promise<void> {
    checkHolder(claim);
    const { minutes } = claim;
    if (!Number.isSafeInteger(minutes) || minutes < 1 || minutes > MAX_MINUTES) {
      throw invalid(`timelimit must be a number of minutes from 1 to ${String(MAX_MINUTES)}.`);
    }
    await (await this.#at(principal, id, 'write')).acquire(claim);
  }

  /** Keeps a lock from running out. */
  async refresh(principal: Principal, id: ItemId, holder: LockHolder): Promise<void> {
    checkHolder(holder);
    await (await this.#at(principal, id, 'write')).refresh(holder);
  }

  /** Gives a lock back. */
  async release(principal: Principal, id: ItemId, holder: LockHolder): Promise<void> {
    checkHolder(holder);
    await (await this.#at(principal, id, 'write')).release(holder);
  }

  async #at(principal: Principal, id: ItemId, verb: 'read' | 'write'): Promise<ItemDesk> {
    const place = await this.#in.places.find(principal, id, verb);
    if (place.kind === 'abroad') return place.desk;
    return new LocalDesk(this.#in, principal, { itemId: id, mountId: place.mountId });
  }
}

function checkHolder(holder: LockHolder): void {
  checkTexts(holder, ['user', 'cloud', 'ipserver']);
  if (!DATETIME.test(holder.datetime)) throw invalid('datetime must look like 2026-12-31 18:00:00.');
}
