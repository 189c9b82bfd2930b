import { setImmediate as turn } from 'node:timers/promises';
import type { Clock, Random } from '../kernel/index.js';
import type { Log, Sealer } from '../platform/index.js';
import type { Breakers } from './breaker.js';
import type { Claims } from './claims.js';
import type { Delivery, DeliveryHandler, Verdict } from './delivery.js';
import { changeAfter, expiredChange, judged, stumbled, type Judgement } from './outcome.js';
import { openDelivery, type DeliveryRow } from './row.js';

/** What an {@link Attempts} is made of. */
export interface AttemptParts {
  readonly claims: Claims;
  readonly sealer: Sealer;
  readonly clock: Clock;
  readonly random: Random;
  readonly handlers: Readonly<Record<string, DeliveryHandler>>;
  readonly breakers: Breakers;
  readonly log: Log;
}

/** Makes attempts with claimed messages and records what came of them. */
export class Attempts {
  readonly #parts: AttemptParts;

  constructor(parts: AttemptParts) {
    this.#parts = parts;
  }

  /** Makes one. Never throws: whatever goes wrong stays with this message (reliability.md DLV-06). */
  async make(row: DeliveryRow): Promise<void> {
    // better-sqlite3 answers without ever yielding; requests must get their turn between two messages.
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
      this.#log('error', row, 'a delivery handler threw', error);
      return stumbled(error, row.kind);
    }
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
    this.#report(row, healthy);
    if (verdict.kind === 'failed') this.#log('warn', row, 'a message could not be delivered', verdict.note);
    if (verdict.kind === 'retry') this.#log('info', row, 'a message will be sent again', verdict.note);
    await claims.end(row.id, changeAfter(row, verdict, clock.now(), random), verdict.settle);
  }

  #report(row: DeliveryRow, healthy: boolean | undefined): void {
    if (row.peer_id === null || healthy === undefined) return;
    const breaker = this.#parts.breakers.of(row.peer_id);
    if (healthy) breaker.succeeded();
    else breaker.failed();
  }

  /** When the verdict could not be written, the attempt counts as one that time may mend; else the lease runs out. */
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
