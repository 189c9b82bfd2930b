import {
  DAY,
  HOUR,
  isFailure,
  type Clock,
  type Failure,
  type ItemId,
  type PersonPrincipal,
} from '../../kernel/index.js';
import type { Database } from '../../platform/index.js';
import {
  claimStaged,
  forgetStaged,
  forgetStagedItem,
  leftAbroad,
  noteMade,
  noteStaged,
  postponeStaged,
  type LeftAbroad,
  type StagedPlace,
} from '../places/staged-rows.js';
import type { Item } from '../space/item.js';

/** Refusals after which it is not known whether something was made, and which may be over soon. */
const TROUBLE: readonly Failure['code'][] = ['peer-failed', 'peer-timeout', 'unavailable', 'internal'];

/** Clouds that may fail in one round before it ends: each may take as long as a request can. */
const MOST_AWAY = 5;

/** For so long, milliseconds, one process has a record to itself: what is renamed must not look as if it were replaced. */
const CLAIMED = HOUR;

/** After so long, milliseconds, a folder that is not found is taken for gone, and not for refused for a time. */
const GIVEN_UP = 30 * DAY;

/** What {@link StagedAbroad} does with items, as their owners would. */
export interface StagingHands {
  /** The child of a folder that has this name, also if it is hidden. `not-found` for a folder that is unknown. */
  find(principal: PersonPrincipal, folderId: ItemId, name: string): Promise<Item | undefined>;
  rename(principal: PersonPrincipal, id: ItemId, name: string): Promise<unknown>;
  remove(principal: PersonPrincipal, id: ItemId): Promise<unknown>;
}

/** What {@link StagedAbroad} needs. */
export interface StagedAbroadInputs {
  readonly database: Database;
  readonly clock: Clock;
  readonly hands: StagingHands;
}

/**
 * What is made beside its place in other clouds (webdav.md 1.8). They have no state that would hide it, so each is recorded
 * before it is made, until it is moved on or removed. What is recorded is in no listing; what a crash has left is cleared later.
 */
export class StagedAbroad {
  readonly #in: StagedAbroadInputs;

  constructor(inputs: StagedAbroadInputs) {
    this.#in = inputs;
  }

  /** Makes something under a name that hides it. */
  async making(place: StagedPlace, make: () => Promise<Item>): Promise<Item> {
    const made = await this.#recorded(place, make);
    await noteMade(this.#in.database, place, made);
    return made;
  }

  /** Gives something that was there before a name that hides it, as what is to take its place is whole. */
  async movingAside(place: Required<StagedPlace>, move: () => Promise<Item>): Promise<Item> {
    return this.#recorded(place, move);
  }

  /** To be called after an item in another cloud was moved or removed: what was on its way is so no more. */
  async ended(itemId: ItemId): Promise<void> {
    await forgetStagedItem(this.#in.database, itemId);
  }

  /** Clears some of what was left; answers how much was removed, or has its own name again. */
  async clear(): Promise<number> {
    const { database, clock } = this.#in;
    const away = new Set<ItemId>();
    let cleared = 0;
    for (const left of await leftAbroad(database.read, clock.now())) {
      if (away.size === MOST_AWAY) break;
      // A cloud that fails is asked again in the next round, after the others.
      if (away.has(left.mountId)) await postponeStaged(database, left, clock.now());
      else if (await this.#clear(left, away)) cleared += 1;
    }
    return cleared;
  }

  async #recorded(place: StagedPlace, work: () => Promise<Item>): Promise<Item> {
    const { database, clock } = this.#in;
    await noteStaged(database, place, clock.now());
    try {
      return await work();
    } catch (error) {
      if (isFailure(error) && !TROUBLE.includes(error.code)) await forgetStaged(database, place);
      throw error;
    }
  }

  async #clear(left: LeftAbroad, away: Set<ItemId>): Promise<boolean> {
    const { database, clock } = this.#in;
    if (!(await claimStaged(database, left, clock.now() + CLAIMED))) return false;
    try {
      const isCleared = await this.#cleared(left);
      await forgetStaged(database, left);
      return isCleared;
    } catch (error) {
      if (!isFailure(error)) throw error;
      const now = clock.now();
      const isTrouble = TROUBLE.includes(error.code);
      if (isTrouble) away.add(left.mountId);
      // What is refused now may be allowed tomorrow; until the mount goes, nothing is shown of it.
      if (error.code === 'not-found' && left.begunAt < now - GIVEN_UP) await forgetStaged(database, left);
      else await postponeStaged(database, left, isTrouble ? now : now + DAY);
      return false;
    }
  }

  async #cleared(left: LeftAbroad): Promise<boolean> {
    const { hands } = this.#in;
    const { accountId, parentId, name, ownName } = left;
    const principal: PersonPrincipal = { kind: 'person', accountId };
    const found = await hands.find(principal, parentId, name);
    if (found === undefined || isOther(found, left)) return false;
    // What made way for something that never came gets its name back; what was replaced goes.
    const isReplaced = ownName === undefined || (await hands.find(principal, parentId, ownName)) !== undefined;
    if (isReplaced) await hands.remove(principal, found.id);
    else await hands.rename(principal, found.id, ownName);
    return true;
  }
}

/** True for what is not, or not any more, what was made here. */
function isOther(found: Item, { content }: LeftAbroad): boolean {
  if (content === undefined) return false;
  const isSame = found.kind === 'file' && found.size === content.size;
  const isKnown = content.etag !== '' && found.etag !== '';
  return !isSame || (isKnown && strong(found.etag) !== strong(content.etag));
}

/** Servers call the tag of a content weak only while it is new. */
function strong(tag: string): string {
  return tag.replace(/^W\//, '');
}
