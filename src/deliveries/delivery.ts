import type { Transaction } from '../platform/index.js';

/** The payload of a message: one JSON object, stored sealed because it may contain grants. */
export type Payload = Readonly<Record<string, unknown>>;

/** One queued message, as its handler sees it; `P` is the payload of its kind. */
export interface Delivery<P = Payload> {
  readonly id: number;
  /** Decides which handler sends it. */
  readonly kind: string;
  /** The cloud that it goes to; undefined for messages without a peer. */
  readonly peerId: string | undefined;
  /** Messages of one lane go one at a time, in the order in which they were committed (DLV-03). */
  readonly lane: string;
  readonly payload: P;
  /** How many attempts have failed so far. */
  readonly attempts: number;
  /** Milliseconds. */
  readonly createdAt: number;
  readonly expiresAt: number | undefined;
}

/** What every verdict may have. */
interface Settled {
  /**
   * Runs in the transaction that records the verdict; skipped when the message was dropped meanwhile. May run more than
   * once.
   */
  readonly settle?: ((trx: Transaction) => Promise<void>) | undefined;
}

/** The result of one attempt (reliability.md DLV-05); the note is shown to administrators. */
export type Verdict =
  /** A definite answer: the message leaves the queue. */
  | (Settled & { readonly kind: 'done'; readonly note: string })
  /**
   * A retry may succeed. `after`: seconds that the peer asked us to wait; `slow`: begin at the ten-minute step;
   * `answered`: the peer answered properly and is healthy; `unasked`: it was not asked, so nothing is known of its
   * health.
   */
  | (Settled & {
      readonly kind: 'retry';
      readonly note: string;
      readonly after?: number | undefined;
      readonly slow?: boolean | undefined;
      readonly answered?: boolean | undefined;
      readonly unasked?: boolean | undefined;
    })
  /** A retry is useless: the message stays, shown as failed, until somebody retries it by hand. */
  | (Settled & { readonly kind: 'failed'; readonly note: string })
  /** Not now, without counting an attempt. `until`: milliseconds. */
  | (Settled & { readonly kind: 'postpone'; readonly until: number });

/** Makes one attempt. Must bound its own time; whatever it throws counts as a retry, but {@link UnfitPayload}. */
export type DeliveryHandler<P = Payload> = (delivery: Delivery<P>) => Promise<Verdict>;

/** A message as people may see it, without the payload. */
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
  /** The note of the last attempt. */
  readonly lastAnswer: string | undefined;
}
