import { SECOND, type Clock } from '../kernel/index.js';
import { beginsWith, type Database, type Queries, type Remember } from '../platform/index.js';
import type { DeliveryRecord } from './delivery.js';
import { countsOf, NONE, peersAfter, troubleOf, waitingOf, type QueueCount, type QueueSums } from './queue-peers.js';
import { recordOf, type DeliveryRow } from './row.js';

/**
 * The standing of a message. `waiting`: due and not tried yet. `failing`: had failed attempts and is retried. `failed`:
 * given up until somebody retries it. `scheduled`: not due yet, and without errors.
 */
export const DELIVERY_STANDINGS = ['waiting', 'failing', 'failed', 'scheduled'] as const;
export type DeliveryStanding = (typeof DELIVERY_STANDINGS)[number];

/** A page of {@link QueueCount}s. */
export interface QueuePeers {
  readonly counts: readonly QueueCount[];
  /** What `after` is for the next page; undefined: this is the last. */
  readonly next: string | undefined;
}

/** A part of the queue. */
export interface QueueQuestion {
  readonly standing: Exclude<DeliveryStanding, 'scheduled'>;
  /** null: messages to nobody in particular; undefined: all. */
  readonly peerId?: string | null | undefined;
  /** The last id of the page before. */
  readonly after?: number | undefined;
  readonly limit: number;
}

/** A page of the queue, oldest first. */
export interface QueuePage {
  readonly records: readonly DeliveryRecord[];
  /** The value of `after` for the next page; undefined: this is the last. */
  readonly next: number | undefined;
}

/** Clouds on one page. */
const PEERS = 50;

/** The queue as people look at it. Changes nothing. */
export class QueueView {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #remember: Remember;

  constructor({ database, clock, remember }: { database: Database; clock: Clock; remember: Remember }) {
    this.#database = database;
    this.#clock = clock;
    this.#remember = remember;
  }

  /** The standing of one message now. */
  standingOf({ state, attempts, runAt }: DeliveryRecord): DeliveryStanding {
    if (state === 'failed') return 'failed';
    if (attempts > 0) return 'failing';
    return runAt <= this.#clock.now() ? 'waiting' : 'scheduled';
  }

  /**
   * How many messages stand how, whomever they are for, as of the last commit and at most a second ago; each number is counted
   * no further than 10 000.
   */
  async sums(): Promise<QueueSums> {
    const { read } = this.#database;
    const now = this.#clock.now();
    const trouble = await this.#remember('queue-trouble', () => troubleOf(read));
    // What is due changes with the clock as well.
    const second = String(Math.floor(now / SECOND));
    return { ...trouble, waiting: await this.#remember(`queue-waiting ${second}`, () => waitingOf(read, now)) };
  }

  /** How many messages to one peer (null: to nobody in particular) stand how, counted likewise. */
  async countsOf(peerId: string | null): Promise<QueueSums> {
    const [count] = await countsOf(this.#database.read, [peerId], this.#clock.now());
    return count ?? NONE;
  }

  /**
   * A page of the clouds that messages do not reach, in the order of their ids, those in the worst trouble first on each; mail
   * is on the first page. `after`: where the page before ended. Of those for which messages only wait it has the ones that
   * have waited longest.
   */
  async peers(after?: string): Promise<QueuePeers> {
    const [q, now] = [this.#database.read, this.#clock.now()];
    const found = await peersAfter(q, after ?? '', { limit: PEERS + 1, now });
    const shown = found.slice(0, PEERS);
    const counts = await countsOf(q, after === undefined ? [null, ...shown] : shown, now);
    const some = counts.filter(({ waiting, failing, failed }) => waiting + failing + failed > 0);
    return {
      counts: some.sort((a, b) => b.failed - a.failed || b.failing - a.failing || b.waiting - a.waiting),
      next: found.length > PEERS ? shown.at(-1) : undefined,
    };
  }

  /** One page of the messages of one standing. */
  async page({ standing, peerId, after = 0, limit }: QueueQuestion): Promise<QueuePage> {
    const query = this.#standing(this.#database.read, standing).where('id', '>', after);
    if (peerId !== undefined) void query.where({ peer_id: peerId });
    const rows = await query
      .orderBy('id')
      .limit(limit + 1)
      .select<DeliveryRow[]>();
    const records = rows.slice(0, limit).map(recordOf);
    return { records, next: rows.length > limit ? records.at(-1)?.id : undefined };
  }

  /** One message; undefined when it has left the queue. */
  async byId(id: number): Promise<DeliveryRecord | undefined> {
    const row = await this.#database.read<DeliveryRow>('deliveries').where({ id }).whereNot('state', 'dropped').first();
    return row === undefined ? undefined : recordOf(row);
  }

  /** Everything in these lanes, and in lanes whose names continue after a colon, in order. */
  async inLanes(lanes: readonly string[]): Promise<DeliveryRecord[]> {
    const query = this.#database.read<DeliveryRow>('deliveries').whereNot('state', 'dropped');
    void query.andWhere((either) => {
      for (const lane of lanes) {
        const goingOn = beginsWith(this.#database, 'lane', `${lane}:`);
        void either.orWhere({ lane }).orWhereRaw(goingOn.sql, [...goingOn.values]);
      }
    });
    return (await query.orderBy('id').select<DeliveryRow[]>()).map(recordOf);
  }

  /** The conditions have the same words as in schema step 0029: otherwise its indexes are not used. */
  #standing(q: Queries, standing: QueueQuestion['standing']) {
    const query = q<DeliveryRow>('deliveries');
    if (standing === 'failed') return query.whereRaw("state = 'failed'");
    if (standing === 'failing') return query.whereRaw("state = 'queued' and attempts > 0");
    return query.whereRaw("state = 'queued' and attempts = 0").where('run_at', '<=', this.#clock.now());
  }
}
