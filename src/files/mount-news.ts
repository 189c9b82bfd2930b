import { SECOND, type Clock, type ItemId } from '../kernel/index.js';
import type { Mount } from './mounts.js';

/** How long what was learnt of a file counts as news, milliseconds: desktops list the root every ten seconds. */
const FRESH = 8 * SECOND;
/** At most so many questions under way; who comes later is asked about when the root is listed again. */
const MOST_AT_ONCE = 16;
/** At most so many mounts whose last question is remembered. */
const MOST_REMEMBERED = 10_000;

/**
 * Learns what has become of files that other clouds share. Listing a root asks nobody (reliability.md PEER-03), and a file
 * in it is listed by nobody else: so each listing sets questions off whose answers the next one shows.
 */
export class MountNews {
  readonly #clock: Clock;
  readonly #refresh: (mount: Mount) => Promise<void>;
  readonly #askedAt = new Map<ItemId, number>();
  #underWay = 0;

  /** `refresh` asks the other cloud and keeps its answer. */
  constructor(inputs: { clock: Clock; refresh: (mount: Mount) => Promise<void> }) {
    this.#clock = inputs.clock;
    this.#refresh = inputs.refresh;
  }

  /** Asks about the files among these mounts that were not asked about just now. Returns at once and never throws. */
  expect(mounts: readonly Mount[]): void {
    for (const mount of mounts) if (mount.top.kind === 'file' && this.#isDue(mount)) void this.#ask(mount);
  }

  #isDue({ id }: Mount): boolean {
    return this.#underWay < MOST_AT_ONCE && this.#clock.now() - (this.#askedAt.get(id) ?? -Infinity) >= FRESH;
  }

  async #ask(mount: Mount): Promise<void> {
    if (this.#askedAt.size >= MOST_REMEMBERED) this.#askedAt.clear();
    this.#askedAt.set(mount.id, this.#clock.now());
    this.#underWay += 1;
    // Trouble is no news: what was known stays, and whoever opens the file is told.
    await this.#refresh(mount).catch(() => undefined);
    this.#underWay -= 1;
  }
}
