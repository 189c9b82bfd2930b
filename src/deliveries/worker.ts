import { randomWord, type Clock, type Random } from '../kernel/index.js';
import { askedBy, OWN_WORK, type Database, type Log, type Sealer } from '../platform/index.js';
import { Attempts } from './attempt.js';
import { Breakers } from './breaker.js';
import { Claims, databaseTime, type LeaseTime } from './claims.js';
import type { DeliveryHandler } from './delivery.js';
import type { Outbox } from './outbox.js';
import { Slots, type SlotLimits } from './slots.js';

/** What {@link createWorker} needs. */
export interface WorkerParts {
  readonly database: Database;
  readonly outbox: Outbox;
  readonly sealer: Sealer;
  readonly clock: Clock;
  readonly random: Random;
  /** Who sends which kind of message. */
  readonly handlers: Readonly<Record<string, DeliveryHandler>>;
  readonly log: Log;
  readonly slots?: SlotLimits;
  /** Shared with everything else that calls peers (PEER-02). */
  readonly breakers?: Breakers;
  /** Names this worker; must differ from every former one. */
  readonly instance?: string;
  /** Milliseconds after which the messages of a silent worker are taken over. */
  readonly lease?: number;
  /** Where leases are measured; by default the database's clock. */
  readonly leaseTime?: LeaseTime | undefined;
}

/** Sends queued messages. Several workers may share one queue. */
export interface DeliveryWorker {
  /** Begins to send. On SQLite it also releases what a killed process held. */
  start(): Promise<void>;
  /** Looks for due messages soon. */
  wake(): void;
  /** Sends everything that is due now and waits for it; for tests and commands, needs no {@link start}. */
  drain(): Promise<void>;
  /** Takes nothing new, waits for what is under way, at most `patience` milliseconds, and releases every claim (OPS-01). */
  stop(patience?: number): Promise<void>;
}

const SLOTS: SlotLimits = { total: 32, perPeer: 4 };
const LEASE = 60_000;
const POLL = 1_000;
const PATIENCE = 30_000;

/** A worker on the queue of `outbox`. */
export function createWorker(parts: WorkerParts): DeliveryWorker {
  return new QueueWorker(parts);
}

class QueueWorker implements DeliveryWorker {
  readonly #outbox: Outbox;
  readonly #log: Log;
  readonly #lease: number;
  readonly #claims: Claims;
  readonly #slots: Slots;
  readonly #attempts: Attempts;
  #claiming: Promise<unknown> = Promise.resolve();
  #state: 'idle' | 'started' | 'stopped' = 'idle';
  #woken = false;
  #timer: NodeJS.Timeout | undefined;
  #deafen: () => void = () => undefined;
  #renewedAt = performance.now();

  constructor(parts: WorkerParts) {
    const { database, clock, random, lease = LEASE, breakers = new Breakers(clock, undefined, random) } = parts;
    const instance = parts.instance ?? randomWord(random);
    const leaseTime = parts.leaseTime ?? databaseTime(database, clock);
    this.#outbox = parts.outbox;
    this.#log = parts.log;
    this.#lease = lease;
    this.#claims = new Claims({ database, clock, instance, lease, leaseTime });
    this.#slots = new Slots(parts.slots ?? SLOTS, breakers);
    this.#attempts = new Attempts({ ...parts, breakers, claims: this.#claims });
  }

  async start(): Promise<void> {
    if (this.#state !== 'idle') return;
    this.#state = 'started';
    await this.#claims.freeFormer();
    if (this.#isStopped()) return;
    // Sending is the cloud's own work, and not that of the person whose request queued the message.
    this.#deafen = this.#outbox.onQueued(() => {
      askedBy(OWN_WORK, () => {
        this.wake();
      });
    });
    // Wake-ups reach only this process; the timer finds messages of other replicas and commands, and those that became
    // due.
    this.#timer = setInterval(() => void this.#tick(), POLL).unref();
    this.wake();
  }

  wake(): void {
    if (this.#state !== 'started' || this.#woken) return;
    this.#woken = true;
    setImmediate(() => {
      this.#woken = false;
      void this.#guard(this.#take());
    });
  }

  async drain(): Promise<void> {
    while ((await this.#take()) > 0 || this.#slots.ids.length > 0) await this.#slots.someEnd();
  }

  async stop(patience = PATIENCE): Promise<void> {
    this.#state = 'stopped';
    clearInterval(this.#timer);
    this.#deafen();
    await this.#claiming;
    await this.#slots.allEnd(patience);
    await this.#claims.release();
  }

  #isStopped(): boolean {
    return this.#state === 'stopped';
  }

  async #tick(): Promise<void> {
    this.wake();
    // Half a lease is time enough to notice that an attempt takes long.
    if (performance.now() - this.#renewedAt < this.#lease / 2) return;
    this.#renewedAt = performance.now();
    if (this.#slots.ids.length > 0) await this.#guard(this.#claims.renew(this.#slots.ids));
  }

  /** The worker survives a database that is unavailable for a while: the timer tries again. */
  async #guard(work: Promise<unknown>): Promise<void> {
    try {
      await work;
    } catch (error) {
      this.#log.error({ err: error }, 'the delivery queue could not be read');
    }
  }

  /**
   * Makes one claim at a time, because each counts the slots that the one before left. Answers how many messages were
   * begun.
   */
  #take(): Promise<number> {
    const taken = this.#claiming.then(() => this.#fill());
    this.#claiming = taken.catch(() => undefined);
    return taken;
  }

  async #fill(): Promise<number> {
    for (let begun = 0; ;) {
      if (this.#isStopped() || this.#slots.free <= 0) return begun;
      // If a lease could not be renewed, a message that we are still sending might be claimed again.
      const wish = { limit: this.#slots.free, without: this.#slots.ids };
      const rows = await this.#claims.take({ ...wish, portions: (peers) => this.#slots.portions(peers) });
      // Messages that were claimed while stopping are released with the others.
      if (rows.length === 0 || this.#isStopped()) return begun;
      begun += rows.length;
      for (const row of rows) this.#slots.hold(row, () => this.#attempts.make(row).finally(() => this.wake()));
    }
  }
}
