import type { Transaction } from '../platform/index.js';

/** What a message carries: one JSON object, kept sealed because grants travel in it. */
export type Payload = Readonly<Record<string, unknown>>;

/** One server-to-server message on its way, as its handler sees it. */
export interface Delivery {
  readonly id: number;
  /** Names the handler. */
  readonly kind: string;
  /** The cloud it goes to; undefined for messages to nobody in particular. */
  readonly peerId: string | undefined;
  /** Messages of one lane go one at a time, in the order in which they were committed (DLV-03). */
  readonly lane: string;
  readonly payload: Payload;
  /** How many attempts have failed so far. */
  readonly attempts: number;
  /** Milliseconds. */
  readonly createdAt: number;
  readonly expiresAt: number | undefined;
}

/** What every verdict may carry. */
interface Settled {
  /** Written in the transaction that marks the message; skipped when an end has overtaken it. May run more than once. */
  readonly settle?: ((trx: Transaction) => Promise<void>) | undefined;
}

/** What became of one attempt (reliability.md DLV-05); the note is shown to the administrator. */
export type Verdict =
  /** A definite answer: the message leaves the queue. */
  | (Settled & { readonly kind: 'done'; readonly note: string })
  /**
   * Time may mend it. `after`: seconds that the peer asked for; `slow`: begin at the ten-minute step; `answered`: the
   * peer did its part and is healthy; `unasked`: nobody asked it, so its health is not known.
   */
  | (Settled & {
      readonly kind: 'retry';
      readonly note: string;
      readonly after?: number | undefined;
      readonly slow?: boolean | undefined;
      readonly answered?: boolean | undefined;
      readonly unasked?: boolean | undefined;
    })
  /** Wrong for good: the message stays, shown as failed, until somebody retries it by hand. */
  | (Settled & { readonly kind: 'failed'; readonly note: string })
  /** Not now; uses up no attempt. `until`: milliseconds. */
  | (Settled & { readonly kind: 'postpone'; readonly until: number });

/** Makes one attempt. Must bound its own time; whatever it throws counts as a retry. */
export type DeliveryHandler = (delivery: Delivery) => Promise<Verdict>;

/** A message as people may see it: everything but the payload. */
export interface DeliveryRecord {
  readonly id: number;
  readonly kind: string;
  readonly peerId: string | undefined;
  readonly lane: string;
  readonly state: 'queued' | 'failed';
  readonly attempts: number;
  /** The earliest time of the next attempt, milliseconds. */
  readonly runAt: number;
  readonly createdAt: number;
  readonly expiresAt: number | undefined;
  readonly lastAttemptAt: number | undefined;
  /** What came of the last attempt. */
  readonly lastAnswer: string | undefined;
}
