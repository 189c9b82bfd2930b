import { personOf, SECOND } from '../../kernel/index.js';
import { askedBy, OWN_WORK } from '../../platform/index.js';
import { ClaimLost, LEASE, type TransferClaims } from './claims.js';
import type { TransferRow } from './row.js';
import { GivenUp, Run, type RunInputs } from './run.js';
import { TransferSlots, type TransferLimits } from './slots.js';

/** How often a run says that it is still there, and looks whether it was cancelled, milliseconds. */
const BEAT = 2 * SECOND;

/** How often transfers are looked for that another process has taken in, or has left, milliseconds. */
const LOOK = 5 * SECOND;

/** At most so long, milliseconds, what is stopped may take until its claims are released all the same. */
const PATIENCE = 5 * SECOND;

/** A transfer that this process does. */
interface Work {
  readonly stop: AbortController;
  readonly done: Promise<void>;
}

/** Does transfers, a few at a time, taken up from the table in a fair order. Several processes may work on one table. */
export class Workshop {
  readonly #in: RunInputs;
  readonly #claims: TransferClaims;
  readonly #slots: TransferSlots;
  readonly #running = new Map<string, Work>();
  #taking: Promise<void> = Promise.resolve();
  #isWoken = false;
  #isStopped = false;
  #timer: NodeJS.Timeout | undefined;

  readonly #onEnded: (id: string) => void;

  /** `onEnded` is told when this process has ended with a transfer. */
  constructor(inputs: RunInputs, limits: TransferLimits, onEnded: (id: string) => void) {
    this.#in = inputs;
    this.#onEnded = onEnded;
    this.#claims = inputs.claims;
    this.#slots = new TransferSlots(limits);
  }

  /** Takes up what others have left, from now on; on SQLite at once what a killed process has left. */
  async start(): Promise<void> {
    if (this.#isStopped || this.#timer !== undefined) return;
    this.#timer = setInterval(() => {
      this.wake();
    }, LOOK).unref();
    await this.#claims.freeFormer();
    this.wake();
  }

  /** Takes up what waits, as far as there is room. */
  wake(): void {
    if (this.#isStopped || this.#isWoken) return;
    this.#isWoken = true;
    // Not on behalf of whoever has just asked for something.
    this.#taking = this.#taking.then(() => askedBy(OWN_WORK, () => this.#fill()));
  }

  /** Stops a transfer that its asker has cancelled, if this process does it. */
  cancel(id: string): void {
    this.#running.get(id)?.stop.abort(new GivenUp('cancelled'));
  }

  /** Stops everything and gives it back; whoever starts next goes on with it. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearInterval(this.#timer);
    await this.#taking;
    const works = [...this.#running.values()];
    for (const { stop } of works) stop.abort(new GivenUp('released'));
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((resolve) => (timer = setTimeout(resolve, PATIENCE)));
    await Promise.race([Promise.all(works.map(({ done }) => done)), late]);
    clearTimeout(timer);
    await this.#claims.release();
  }

  async #fill(): Promise<void> {
    this.#isWoken = false;
    try {
      while (!this.#slots.areFull) {
        const row = await this.#next();
        if (row === undefined) return;
        this.#begin(row);
      }
    } catch (error) {
      // The timer tries again.
      this.#in.log.error({ err: error }, 'transfers could not be taken up');
    }
  }

  async #next(): Promise<TransferRow | undefined> {
    for (const actor of this.#slots.inOrder(await this.#claims.waiting())) {
      if (this.#isStopped) return undefined;
      const row = await this.#claims.take(actor);
      if (row !== undefined) return row;
    }
    return undefined;
  }

  #begin(row: TransferRow): void {
    const free = this.#slots.hold(row.actor);
    const stop = new AbortController();
    const person = personOf(row.actor);
    const asker = person === undefined ? row.actor : `person:${person}`;
    const done = askedBy(asker, () => this.#work(row, stop)).finally(() => {
      free();
      if (this.#running.get(row.id)?.stop === stop) this.#running.delete(row.id);
      this.#onEnded(row.id);
      this.wake();
    });
    this.#running.set(row.id, { stop, done });
  }

  async #work(row: TransferRow, stop: AbortController): Promise<void> {
    const run = new Run(this.#in, row, stop.signal);
    const beats = this.#beating(run, row.id, stop);
    try {
      await run.go();
    } catch (error) {
      if (error instanceof ClaimLost || error instanceof GivenUp) return;
      // Its claim runs out, and it is taken up again.
      this.#in.log.error({ err: error, transfer: row.id }, 'how a transfer has ended could not be recorded');
    } finally {
      clearInterval(beats);
    }
  }

  #beating(run: Run, id: string, stop: AbortController): NodeJS.Timeout {
    let heardAt = performance.now();
    let isBeating = false;
    const beat = async (): Promise<void> => {
      const { isCancelled } = await this.#claims.beat(id, run.progress);
      heardAt = performance.now();
      if (isCancelled) stop.abort(new GivenUp('cancelled'));
    };
    return setInterval(() => {
      if (isBeating) return;
      isBeating = true;
      beat()
        .catch((error: unknown) => {
          const isOver = performance.now() - heardAt > LEASE / 2;
          if (error instanceof ClaimLost || isOver) stop.abort(new GivenUp('lost'));
          else this.#in.log.warn({ err: error, transfer: id }, 'how far a transfer is could not be recorded');
        })
        .finally(() => (isBeating = false));
    }, BEAT).unref();
  }
}
