import type { Clock } from '../kernel/index.js';
import type { Database, Sealer, Transaction } from '../platform/index.js';
import type { DeliveryRecord } from './delivery.js';
import { recordOf, sealPayload, type DeliveryRow } from './row.js';

/** What {@link Outbox} needs. */
export interface OutboxParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly sealer: Sealer;
}

/** A message to be queued. */
export interface NewDelivery {
  readonly kind: string;
  readonly peerId?: string | undefined;
  readonly lane: string;
  /** Is stored as JSON. */
  readonly payload: object;
  /** Not before this time, milliseconds. */
  readonly runAt?: number | undefined;
  /** After this time it is shown as failed instead of being sent, milliseconds. */
  readonly expiresAt?: number | undefined;
  /** True: queue nothing when the lane has a message of this kind already, under way or not. */
  readonly unlessQueued?: boolean | undefined;
}

const LANE_LOCKS = 4_747_002;

/** Most messages that one act of a person may queue again, so that it does not hold the database's writer for long. */
const MANY = 1_000;

/**
 * The queue of messages to other clouds and of mails: written in the transaction of the change that they tell (DLV-01).
 */
export class Outbox {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #sealer: Sealer;
  readonly #listeners = new Set<() => void>();

  constructor(parts: OutboxParts) {
    this.#database = parts.database;
    this.#clock = parts.clock;
    this.#sealer = parts.sealer;
  }

  /** Queues a message inside the caller's transaction and wakes the worker once that has committed. */
  async enqueue(trx: Transaction, message: NewDelivery): Promise<void> {
    await this.#lockLane(trx, message.lane);
    if (message.unlessQueued === true && (await this.#holds(trx, message))) return;
    await trx('deliveries').insert(this.#rowOf(message));
    this.#wakeAfter(trx);
  }

  /**
   * Removes the messages of a lane, or only those of `kinds`, because an end has made them useless (DLV-03). One that
   * is under way finishes its attempt, without effect here, before the lane continues.
   */
  async drop(trx: Transaction, lane: string, kinds?: readonly string[]): Promise<void> {
    const rows = () => rowsOf(trx).where({ lane });
    await removeRows(kinds === undefined ? rows : () => rows().whereIn('kind', kinds));
  }

  /** Removes everything on its way to a peer but messages of `exceptKinds` (threat model ADM-03). */
  async dropPeer(trx: Transaction, peerId: string, exceptKinds: readonly string[] = []): Promise<void> {
    await removeRows(() => rowsOf(trx).where('peer_id', peerId).whereNotIn('kind', exceptKinds));
  }

  /**
   * Makes a waiting message of this kind due now, but not sooner than `interval` (milliseconds) after it was queued.
   * Does nothing for a lane without one.
   */
  async hasten(
    trx: Transaction,
    { lane, kind, interval }: { readonly lane: string; readonly kind: string; readonly interval: number },
  ): Promise<void> {
    const now = this.#clock.now();
    const waiting = rowsOf(trx).where({ lane, kind, state: 'queued', attempts: 0 }).where('run_at', '>', now);
    for (const { id, run_at, created_at } of await waiting.select<DeliveryRow[]>()) {
      const soon = Math.max(now, created_at + interval);
      if (soon < run_at) await rowsOf(trx).where({ id }).update({ run_at: soon });
    }
    this.#wakeAfter(trx);
  }

  /** The messages that a lane still has to deliver, in order. */
  async pending(lane: string): Promise<DeliveryRecord[]> {
    return this.#list({ lane, state: 'queued' });
  }

  /** Everything on its way to a peer or failed on it. */
  async ofPeer(peerId: string): Promise<DeliveryRecord[]> {
    return this.#list({ peer_id: peerId });
  }

  /** The failed messages of one lane or of all, oldest first. */
  async failed(lane?: string): Promise<DeliveryRecord[]> {
    return this.#list(lane === undefined ? { state: 'failed' } : { lane, state: 'failed' });
  }

  /**
   * Retries a message at a person's wish: a failed one goes to the end of its lane with a new lifetime, a waiting one
   * becomes due at once. Answers false when there is no such message. Uses the caller's transaction if there is one.
   */
  async retry(id: number, within?: Transaction): Promise<boolean> {
    return this.#writing(within, async (trx) => {
      const row = await trx<DeliveryRow>('deliveries').where({ id }).whereNot('state', 'dropped').first();
      if (row === undefined) return false;
      if (row.state === 'failed') await this.#requeue(trx, row);
      else await trx('deliveries').where({ id, state: 'queued' }).update({ run_at: this.#clock.now() });
      this.#wakeAfter(trx);
      return true;
    });
  }

  /**
   * Retries, like {@link retry}, all messages to a peer (null: without a peer) that had failed attempts, and at most
   * the thousand oldest of those that were given up; answers how many.
   */
  async retryPeer(peerId: string | null, within?: Transaction): Promise<number> {
    return this.#writing(within, async (trx) => {
      const rows = () => rowsOf(trx).where({ peer_id: peerId });
      const failed = await rows().where({ state: 'failed' }).orderBy('id').limit(MANY).select<DeliveryRow[]>();
      for (const row of failed) await this.#requeue(trx, row);
      const failing = rows().where({ state: 'queued' }).where('attempts', '>', 0);
      const hurried = await failing.update({ run_at: this.#clock.now() });
      this.#wakeAfter(trx);
      return failed.length + hurried;
    });
  }

  /** Calls `listener` whenever something was queued and committed; answers how to stop that. */
  onQueued(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async #writing<T>(within: Transaction | undefined, work: (trx: Transaction) => Promise<T>): Promise<T> {
    return within === undefined ? this.#database.write(work) : work(within);
  }

  /**
   * On PostgreSQL ids are assigned before the commit: without the lock their order might differ from that of the
   * commits.
   */
  async #lockLane(trx: Transaction, lane: string): Promise<void> {
    if (this.#database.engine === 'sqlite') return;
    await trx.raw('select pg_advisory_xact_lock(?, hashtext(?))', [LANE_LOCKS, lane]);
  }

  async #holds(trx: Transaction, { lane, kind }: NewDelivery): Promise<boolean> {
    const row = await trx<DeliveryRow>('deliveries').where({ lane, kind, state: 'queued' }).first('id');
    return row !== undefined;
  }

  #rowOf(message: NewDelivery): Omit<DeliveryRow, 'id'> {
    const now = this.#clock.now();
    const binding = { kind: message.kind, peer_id: message.peerId ?? null, lane: message.lane };
    return {
      ...binding,
      payload: sealPayload(this.#sealer, message.payload, binding),
      state: 'queued',
      attempts: 0,
      run_at: message.runAt ?? now,
      expires_at: message.expiresAt ?? null,
      claimed_by: null,
      claimed_until: null,
      last_attempt_at: null,
      last_answer: null,
      created_at: now,
    };
  }

  async #requeue(trx: Transaction, { id, ...row }: DeliveryRow): Promise<void> {
    const now = this.#clock.now();
    await this.#lockLane(trx, row.lane);
    if ((await trx('deliveries').where({ id, state: 'failed' }).delete()) === 0) return;
    const lifetime = row.expires_at === null ? null : row.expires_at - row.created_at;
    const fresh = { run_at: now, created_at: now, expires_at: lifetime === null ? null : now + lifetime };
    await trx('deliveries').insert({ ...row, ...fresh, state: 'queued', attempts: 0 });
  }

  async #list(filter: Partial<DeliveryRow>): Promise<DeliveryRecord[]> {
    const rows = this.#database.read<DeliveryRow>('deliveries').where(filter).whereNot('state', 'dropped');
    return (await rows.orderBy('id').select<DeliveryRow[]>()).map(recordOf);
  }

  #wakeAfter(trx: Transaction): void {
    const wake = (): void => {
      for (const listener of this.#listeners) listener();
    };
    // After a rollback nothing was queued.
    trx.executionPromise.then(wake, () => undefined);
  }
}

function rowsOf(trx: Transaction) {
  return trx<DeliveryRow>('deliveries');
}

/** Deletes rows, but only marks those under way, for the worker that holds them. */
async function removeRows(doomed: () => ReturnType<typeof rowsOf>): Promise<void> {
  // Locks first: a claim that commits between the two statements would lose its row, and the lane its order.
  await doomed().forUpdate().select('id');
  await doomed().whereNotNull('claimed_until').where('state', 'queued').update({ state: 'dropped' });
  await doomed().whereNot('state', 'dropped').delete();
}
