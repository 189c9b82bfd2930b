import { setImmediate as turn } from 'node:timers/promises';
import { isFailure, SECOND, type Clock, type Random } from '../kernel/index.js';
import type { Log, Sealer } from '../platform/index.js';
import type { Breakers } from './breaker.js';
import type { Claims } from './claims.js';
import type { Delivery, DeliveryHandler, Verdict } from './delivery.js';
import { changeAfter, expiredChange, judged, stumbled, type Judgement } from './outcome.js';
import { openDelivery, type DeliveryRow } from './row.js';
import { UnfitPayload } from './shaped.js';

/** What {@link Attempts} needs. */
export interface AttemptParts {
  readonly claims: Claims;
  readonly sealer: Sealer;
  readonly clock: Clock;
  readonly random: Random;
  readonly handlers: Readonly<Record<string, DeliveryHandler>>;
  readonly breakers: Breakers;
  readonly log: Log;
}

/** Makes attempts with claimed messages and records their results. */
export class Attempts {
  readonly #parts: AttemptParts;

  constructor(parts: AttemptParts) {
    this.#parts = parts;
  }

  /** Makes one attempt. Never throws: an error affects this message only (reliability.md DLV-06). */
  async make(row: DeliveryRow): Promise<void> {
    // better-sqlite3 never yields the event loop; requests must be served between two messages.
    await turn();
    try {
      if (isOver(row, this.#parts.clock.now())) await this.#expire(row);
      else await this.#record(row, await this.#judge(row));
    } catch (error) {
      this.#log('error', row, 'an attempt could not be recorded', error);
      await this.#giveBack(row);
    }
  }

  async #expire(row: DeliveryRow): Promise<void> {
    this.#log('warn', row, 'a message was not delivered in its lifetime');
    await this.#parts.claims.end(row.id, expiredChange(row));
  }

  async #judge(row: DeliveryRow): Promise<Judgement> {
    const delivery = this.#read(row);
    if (delivery === undefined) return { verdict: { kind: 'failed', note: 'The stored message cannot be read.' } };
    const handler = this.#parts.handlers[row.kind];
    // During a rolling update another replica may know the kind.
    if (handler === undefined) {
      return { verdict: { kind: 'retry', note: `This release cannot send ${row.kind} messages.` } };
    }
    try {
      return judged(await handler(delivery));
    } catch (error) {
      if (error instanceof UnfitPayload) return { verdict: { kind: 'failed', note: error.message } };
      this.#complain(row, error);
      return stumbled(error, row.kind);
    }
  }

  /**
   * A temporary refusal of a mail server or peer is no defect of this program: it is logged as a warning, without a
   * stack.
   */
  #complain(row: DeliveryRow, error: unknown): void {
    const expected = isFailure(error) && error.code !== 'internal';
    if (expected) this.#log('warn', row, 'a message could not be sent this time', error.detail ?? error.message);
    else this.#log('error', row, 'a delivery handler threw', error);
  }

  #read(row: DeliveryRow): Delivery | undefined {
    try {
      return openDelivery(this.#parts.sealer, row);
    } catch (error) {
      this.#log('error', row, 'a queued message cannot be read', error);
      return undefined;
    }
  }

  async #record(row: DeliveryRow, { verdict, healthy }: Judgement): Promise<void> {
    const { claims, clock, random } = this.#parts;
    const rest = this.#report(row, healthy);
    if (verdict.kind === 'failed') this.#log('warn', row, 'a message could not be delivered', verdict.note);
    if (verdict.kind === 'retry') this.#log('info', row, 'a message will be sent again', verdict.note);
    await claims.end(row.id, changeAfter(row, verdict, clock.now(), random, rest), verdict.settle);
  }

  /** Reports the result to the peer's breaker; answers for how many milliseconds it is open then. */
  #report(row: DeliveryRow, healthy: boolean | undefined): number {
    if (row.peer_id === null || healthy === undefined) return 0;
    const breaker = this.#parts.breakers.of(row.peer_id);
    if (healthy) breaker.succeeded();
    else breaker.failed();
    return breaker.retryAfter() * SECOND;
  }

  /**
   * Called when the verdict could not be written: the attempt counts as failed and is repeated. If that cannot be
   * written either, the lease runs out.
   */
  async #giveBack(row: DeliveryRow): Promise<void> {
    const { claims, clock, random } = this.#parts;
    const verdict: Verdict = { kind: 'retry', note: 'The answer could not be recorded; the log says why.' };
    try {
      await claims.end(row.id, changeAfter(row, verdict, clock.now(), random));
    } catch (error) {
      this.#log('error', row, 'a message stays claimed until its lease ends', error);
    }
  }

  #log(level: 'info' | 'warn' | 'error', row: DeliveryRow, text: string, about?: unknown): void {
    const { id, kind, lane, attempts } = row;
    const detail = typeof about === 'string' ? { note: about } : { err: about };
    this.#parts.log[level]({ id, kind, lane, attempts, ...(about === undefined ? {} : detail) }, text);
  }
}

function isOver(row: DeliveryRow, now: number): boolean {
  return row.expires_at !== null && row.expires_at <= now;
}
