import type { SpaceQuota } from '../../../../files/index.js';
import { SECOND, type Clock } from '../../../../kernel/index.js';

/** How long it counts, milliseconds: a listing and what is told of it ask once. */
const FRESH = 10 * SECOND;

/** What the server of a share has last said of the room there: every answer about a folder says it, so it is seldom asked for. */
export class LastRoom {
  readonly #clock: Pick<Clock, 'now'>;
  #said: { readonly room: SpaceQuota | undefined; readonly at: number } | undefined;

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  /** The server has just said it, or has just said nothing of it. */
  note(room: SpaceQuota | undefined): void {
    this.#said = { room, at: this.#clock.now() };
  }

  /** Whether it was said just now. */
  get isFresh(): boolean {
    return this.#said !== undefined && this.#clock.now() - this.#said.at < FRESH;
  }

  /** Undefined: the server does not say. */
  get room(): SpaceQuota | undefined {
    return this.#said?.room;
  }
}
