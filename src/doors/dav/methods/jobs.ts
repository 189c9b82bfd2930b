import type { Response } from 'express';
import { Failure, MINUTE, SECOND, type Clock, type ItemId } from '../../../kernel/index.js';
import { keepNewest } from '../../../platform/index.js';

/** How long the result of a move is kept for a client that sends the same request again, milliseconds. */
const REMEMBERED = 10 * MINUTE;

/** Most moves that are remembered; the oldest is forgotten first. */
const MOST = 1_000;

/** Most work of one caller at a time. It goes on after the client has left, so that connections do not bound it. */
const MOST_AT_ONCE = 16;

/** How often a 102 (RFC 2518 10.1) tells a waiting client that the work goes on, milliseconds. */
const SIGN_OF_LIFE = 20 * SECOND;

/** Names a piece of work, so that a repeat of the request finds it. */
export interface JobKey {
  /** The person or grant that asks. */
  readonly who: string;
  /** The change and the state of what it changes. */
  readonly what: string;
}

/** A move that has come to its end. */
interface Ended {
  readonly itemId: ItemId;
  readonly at: number;
}

/**
 * Long work that an impatient client may ask for twice: the repeat joins what is under way, and the repeat of a move
 * that has ended gets its answer for ten minutes more (webdav.md 1.8). Work goes on when its client leaves.
 */
export class Jobs {
  readonly #clock: Clock;
  /** By who asked, then by what. */
  readonly #underWay = new Map<string, Map<string, Promise<unknown>>>();
  readonly #ended = new Map<string, Ended>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Does `work`, or joins the same work if it is under way. A waiting client gets a 102 from time to time. Throws
   * `too-many` when sixteen other pieces of work of the same caller are under way.
   */
  async run<T>(key: JobKey, response: Response, work: () => Promise<T>): Promise<T> {
    const job = this.#underWay.get(key.who)?.get(key.what) ?? this.#begin(key, work);
    const timer = setInterval(() => {
      if (!response.headersSent && !response.closed) response.writeProcessing();
    }, SIGN_OF_LIFE);
    try {
      return (await job) as T;
    } finally {
      clearInterval(timer);
    }
  }

  /** Remembers where a move has brought something. */
  remember(key: string, itemId: ItemId): void {
    keepNewest(this.#ended, key, { itemId, at: this.#clock.now() }, MOST);
  }

  /** What a move of the last ten minutes has brought to its place; undefined when there was none. */
  recall(key: string): ItemId | undefined {
    const ended = this.#ended.get(key);
    return ended === undefined || ended.at + REMEMBERED < this.#clock.now() ? undefined : ended.itemId;
  }

  #begin({ who, what }: JobKey, work: () => Promise<unknown>): Promise<unknown> {
    const jobs = this.#underWay.get(who) ?? new Map<string, Promise<unknown>>();
    if (jobs.size >= MOST_AT_ONCE) {
      throw new Failure('too-many', 'Much of yours is being copied and moved already. Try again in half a minute.', {
        retryAfter: 30,
      });
    }
    this.#underWay.set(who, jobs);
    const job = work().finally(() => {
      jobs.delete(what);
      if (jobs.size === 0) this.#underWay.delete(who);
    });
    jobs.set(what, job);
    return job;
  }
}
