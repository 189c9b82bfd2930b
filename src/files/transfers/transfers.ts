import { actorOf, Failure, MINUTE, randomWord, SECOND, type Principal } from '../../kernel/index.js';
import { databaseTime, type LeaseTime } from '../../deliveries/index.js';
import { TransferClaims } from './claims.js';
import { digestOf, transferOf, type TransferRow } from './row.js';
import type { RunInputs } from './run.js';
import type { TransferLimits } from './slots.js';
import { TransferStore } from './store.js';
import type { Transfer, TransferWish } from './transfer.js';
import { Workshop } from './workshop.js';

/** How long the end of a transfer answers a repeat of its request, milliseconds. */
const ANSWERS_REPEATS = 10 * MINUTE;

/** How often somebody who waits looks whether another process has come to the end, milliseconds. */
const LOOK = SECOND;

/** How long a cancelled transfer may take to stop until that is no longer waited for, milliseconds. */
const STOPPING = 10 * SECOND;

const LIMITS: TransferLimits = { total: 4, perAsker: 2 };

/** What {@link Transfers} needs. */
export interface TransfersInputs extends Omit<RunInputs, 'claims'> {
  /** How many run at a time in this process; default: two of one asker, four in all. */
  readonly limits?: TransferLimits;
  /** Names this process; must differ from every former one. */
  readonly instance?: string;
  /** Where leases are measured; by default the database's clock. */
  readonly leaseTime?: LeaseTime;
}

/**
 * Copies and moves from one space to another, where bytes have to pass through this cloud (webdav.md 1.8). Each is recorded
 * before its first byte, is done whoever waits for it, survives the process that does it, and ends with an answer that is kept
 * for a day. The asker's permission is asked for again at every step. For everybody but the one who asked it does not exist.
 */
export class Transfers {
  readonly #in: TransfersInputs;
  readonly #store: TransferStore;
  readonly #workshop: Workshop;
  /** Wakes everybody who waits, by what they wait for. */
  readonly #waiting = new Map<string, Set<() => void>>();
  #isStopped = false;

  constructor(inputs: TransfersInputs) {
    const { database, clock, random, limits = LIMITS } = inputs;
    this.#in = inputs;
    this.#store = new TransferStore(inputs);
    const leaseTime = inputs.leaseTime ?? databaseTime(database, clock);
    const claims = new TransferClaims({ database, clock, leaseTime, instance: inputs.instance ?? randomWord(random) });
    this.#workshop = new Workshop({ ...inputs, claims }, limits, (id) => {
      this.#wake(id);
    });
  }

  /**
   * Records what somebody wants, or finds the same wish of theirs that is under way. Throws `too-many` when sixteen others of
   * theirs are.
   */
  async begin(wish: TransferWish): Promise<Transfer> {
    const id = this.#in.random.bytes(16).toString('hex');
    const row = await this.#store.add(id, wish);
    this.#workshop.wake();
    return transferOf(row);
  }

  /**
   * What the same request has begun: a transfer whose copy stands at its place already, or one that was done in the last ten
   * minutes. Whether it still answers the request has to be looked at: source and target may have changed since.
   */
  async before(principal: Principal, asked: string): Promise<Transfer | undefined> {
    const since = this.#in.clock.now() - ANSWERS_REPEATS;
    const rows = await this.#store.asked(actorOf(principal), digestOf(asked), since);
    const row = rows.find(({ outcome, stage }) => (outcome === null ? stage === 'placed' : outcome === 'done'));
    return row && transferOf(row);
  }

  /** How a transfer stands; `not-found` for what is not theirs. */
  async state(principal: Principal, id: string): Promise<Transfer> {
    return transferOf(await this.#store.of(actorOf(principal), id));
  }

  /**
   * Waits until a transfer has ended, in whichever process. Throws `unavailable` when this one ends before, and what `signal`
   * says when nobody waits any more.
   */
  async ended(principal: Principal, id: string, signal: AbortSignal): Promise<Transfer> {
    for (;;) {
      // Before it is looked at, so that no end is missed.
      const waiting = this.#wait(id, signal);
      try {
        const transfer = await this.state(principal, id);
        if (transfer.endedAt !== undefined) return transfer;
        await waiting.over;
      } finally {
        waiting.leave();
      }
      signal.throwIfAborted();
      if (this.#isStopped) throw restarting();
    }
  }

  /**
   * Gives a transfer up: what was hidden at the target is thrown away, and nothing has changed. Throws `conflict` when the copy
   * stands at its place already. One that has failed stays as it is.
   */
  async cancel(principal: Principal, id: string): Promise<Transfer> {
    const row = await this.#store.of(actorOf(principal), id);
    if (row.outcome === 'failed' || row.outcome === 'cancelled') return transferOf(row);
    if (!(await this.#store.wishCancelled(id))) throw tooLate();
    this.#workshop.cancel(id);
    this.#workshop.wake();
    const late = AbortSignal.timeout(STOPPING);
    const ended = await this.ended(principal, id, late).catch((error: unknown) => {
      // It stops as soon as it can be reached.
      if (late.aborted) return transferOf({ ...row, is_cancelled: true } satisfies TransferRow);
      throw error;
    });
    if (ended.status === 'done' || ended.isPlaced) throw tooLate();
    return ended;
  }

  /** Takes up what others have left, from now on. What is asked here is done without it, too. */
  async start(): Promise<void> {
    await this.#workshop.start();
  }

  /** Stops what is under way and gives it back, for the next start or another process to go on with. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const id of this.#waiting.keys()) this.#wake(id);
    await this.#workshop.stop();
  }

  /** Forgets what ended a day ago; answers how many. */
  async tidy(): Promise<number> {
    return this.#store.tidy();
  }

  /** Until this process has come to the end, it is time to look whether another has, or nobody waits any more. */
  #wait(id: string, signal: AbortSignal): { readonly over: Promise<void>; readonly leave: () => void } {
    let end: () => void = () => undefined;
    const over = new Promise<void>((resolve) => (end = resolve));
    const timer = setTimeout(end, LOOK);
    const waiting = this.#waiting.get(id) ?? new Set();
    this.#waiting.set(id, waiting.add(end));
    signal.addEventListener('abort', end);
    if (signal.aborted || this.#isStopped) end();
    const leave = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      waiting.delete(end);
      if (waiting.size === 0 && this.#waiting.get(id) === waiting) this.#waiting.delete(id);
    };
    return { over, leave };
  }

  #wake(id: string): void {
    for (const wake of this.#waiting.get(id) ?? []) wake();
  }
}

function tooLate(): Failure {
  return new Failure('conflict', 'It stands at its new place already.');
}

function restarting(): Failure {
  return new Failure('unavailable', 'This cloud is being restarted, and goes on with it then. Ask again.', {
    retryAfter: 5,
  });
}
