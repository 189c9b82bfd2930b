import type { Response } from 'express';
import { Failure, SECOND } from '../../../kernel/index.js';

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

/** Waits for something while a client waits for the answer, which gets a 102 from time to time. */
export async function signsOfLife<T>(response: Response, work: Promise<T>): Promise<T> {
  const timer = setInterval(() => {
    if (!response.headersSent && !response.closed) response.writeProcessing();
  }, SIGN_OF_LIFE);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}

/**
 * Long work within one space that an impatient client may ask for twice: the repeat joins what is under way (webdav.md
 * 1.8). Work goes on when its client leaves.
 */
export class Jobs {
  /** By who asked, then by what. */
  readonly #underWay = new Map<string, Map<string, Promise<unknown>>>();

  /**
   * Does `work`, or joins the same work if it is under way. A waiting client gets a 102 from time to time. Throws
   * `too-many` when sixteen other pieces of work of the same caller are under way.
   */
  async run<T>(key: JobKey, response: Response, work: () => Promise<T>): Promise<T> {
    const job = this.#underWay.get(key.who)?.get(key.what) ?? this.#begin(key, work);
    return (await signsOfLife(response, job)) as T;
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
