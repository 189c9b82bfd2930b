import type { Log } from '../platform/index.js';

/** One piece of regular work. */
type Work = () => Promise<unknown>;

/**
 * Runs pieces of work again and again, one after the other. On stop, the process finishes the present piece before its
 * database is closed, because a piece without a database would wait a minute for it (OPS-01).
 */
export class Rounds {
  readonly #log: Log;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #underWay = new Set<Promise<void>>();
  #isOver = false;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Does a work every so many milliseconds; what goes wrong is logged as `what`, and tried again at its next time. */
  every(millis: number, work: Work, what: string): void {
    this.#timers.push(setInterval(this.#guarded(work, what), millis).unref());
  }

  /** Starts it now in the background. */
  once(work: Work, what: string): void {
    this.#guarded(work, what)();
  }

  /**
   * Several works as one. One that fails (on a full disk, say) keeps none of the others from being done; what it threw is
   * thrown at the end. None begins after {@link stop}.
   */
  oneAfterAnother(works: readonly Work[]): () => Promise<void> {
    return async () => {
      const troubles: unknown[] = [];
      for (const work of works) {
        if (this.#isOver) break;
        await work().catch((error: unknown) => troubles.push(error));
      }
      if (troubles.length > 0) throw troubles.length === 1 ? troubles[0] : new AggregateError(troubles);
    };
  }

  /** Begins nothing more; resolves when what is under way is done, or when `patience` milliseconds are over. */
  async stop(patience: number): Promise<void> {
    this.#isOver = true;
    this.#timers.forEach(clearInterval);
    let timer: NodeJS.Timeout | undefined;
    const over = new Promise((resolve) => (timer = setTimeout(resolve, patience)));
    await Promise.race([Promise.all(this.#underWay), over]);
    clearTimeout(timer);
  }

  #guarded(work: Work, what: string): () => void {
    return () => {
      const running = work()
        .catch((error: unknown) => {
          this.#log.error({ err: error }, what);
        })
        .then(() => void this.#underWay.delete(running));
      this.#underWay.add(running);
    };
  }
}
