import { MINUTE, SECOND, type AccountId, type Clock, type ItemId } from '../../kernel/index.js';
import { keepNewest } from '../../platform/index.js';
import type { Mount } from '../records/mounts.js';

/** How long an answer counts as fresh, milliseconds: desktops list the root every ten seconds. */
const FRESH = 8 * SECOND;
/** The same for folders at which nobody has looked for {@link QUIET}. */
const FRESH_ENOUGH = MINUTE;
/** After so long without a look a folder is asked about less often, milliseconds. */
const QUIET = 5 * MINUTE;
/** After so long without a look it is not asked about any more, milliseconds. */
const FORGOTTEN = 30 * MINUTE;
/** Most requests under way; further mounts are asked about at another time. */
const MOST_AT_ONCE = 16;
/** Most mounts, and people, of which the time of the last request or look is remembered. */
const MOST_REMEMBERED = 10_000;

/** What {@link MountNews} needs. */
export interface MountNewsInputs {
  readonly clock: Clock;
  /** Asks the other cloud about the top of a mount and stores the answer. */
  readonly refresh: (mount: Mount) => Promise<void>;
  /** The mount as it is now; undefined: there is none any more. */
  readonly again: (mount: Mount) => Promise<Mount | undefined>;
}

/** A mount that somebody has used. */
interface Used {
  readonly mount: Mount;
  readonly at: number;
}

/**
 * Keeps the metadata of the tops of mounts fresh. Listing a root sends no requests to other clouds (reliability.md PEER-03),
 * and no other listing shows a mounted single file. So each listing of the root starts requests in the background, and the next
 * listing shows their answers. Folders whose server tells a tag of them are asked about in rounds, while somebody looks
 * (webdav.md 2): a change there is a change of the tree in which they stand.
 */
export class MountNews {
  readonly #in: MountNewsInputs;
  readonly #askedAt = new Map<ItemId, number>();
  readonly #used = new Map<ItemId, Used>();
  readonly #lookedAt = new Map<AccountId, number>();
  #underWay = 0;

  constructor(inputs: MountNewsInputs) {
    this.#in = inputs;
  }

  /**
   * Starts requests about those of these mounts that are files and were not asked about recently. Returns at once and
   * never throws.
   */
  expect(mounts: readonly Mount[]): void {
    for (const mount of mounts) {
      if (mount.top.kind === 'file' && this.#isDue(mount, FRESH)) void this.#ask(mount);
      this.used(mount);
    }
  }

  /** Somebody has just used a mount. */
  used(mount: Mount): void {
    if (mount.top.folderTag === undefined) return;
    keepNewest(this.#used, mount.id, { mount, at: this.#in.clock.now() }, MOST_REMEMBERED);
  }

  /** Somebody has just looked whether anything in their tree has changed. */
  looked(accountId: AccountId): void {
    keepNewest(this.#lookedAt, accountId, this.#in.clock.now(), MOST_REMEMBERED);
  }

  /** Asks about the folders at which somebody looks, and were not asked about recently; resolves when all have answered. */
  async round(): Promise<void> {
    const due = [...this.#used.values()].filter((used) => this.#isPolled(used)).slice(0, MOST_AT_ONCE);
    await Promise.all(due.map(({ mount }) => this.#askAgain(mount)));
  }

  #isPolled({ mount, at }: Used): boolean {
    const quiet = this.#in.clock.now() - Math.max(at, this.#lookedAt.get(mount.accountId) ?? 0);
    if (quiet >= FORGOTTEN) this.#used.delete(mount.id);
    return quiet < FORGOTTEN && this.#isDue(mount, quiet < QUIET ? FRESH : FRESH_ENOUGH);
  }

  #isDue({ id }: Mount, fresh: number): boolean {
    return this.#underWay < MOST_AT_ONCE && this.#in.clock.now() - (this.#askedAt.get(id) ?? -Infinity) >= fresh;
  }

  async #askAgain(mount: Mount): Promise<void> {
    const now = await this.#in.again(mount);
    if (now === undefined) this.#used.delete(mount.id);
    else if (!now.isRefused) await this.#ask(now);
  }

  async #ask(mount: Mount): Promise<void> {
    keepNewest(this.#askedAt, mount.id, this.#in.clock.now(), MOST_REMEMBERED);
    this.#underWay += 1;
    // After an error the stored metadata stays; whoever opens the item is told of the error.
    await this.#in.refresh(mount).catch(() => undefined);
    this.#underWay -= 1;
  }
}
