import type { Clock } from '../kernel/index.js';
import type { Database, Queries } from '../platform/index.js';
import type { DeliveryRecord } from './delivery.js';
import { recordOf, type DeliveryRow } from './row.js';

/**
 * How a message stands. `waiting`: due, and never tried. `failing`: tried in vain, and tried again. `failed`: given up until
 * somebody asks. `scheduled`: not due yet, and nothing is wrong.
 */
export const DELIVERY_STANDINGS = ['waiting', 'failing', 'failed', 'scheduled'] as const;
export type DeliveryStanding = (typeof DELIVERY_STANDINGS)[number];

/** How many messages towards one peer stand how. */
export interface QueueCount {
  /** Undefined: messages to nobody in particular, such as mail. */
  readonly peerId: string | undefined;
  readonly waiting: number;
  readonly failing: number;
  readonly failed: number;
  /** When the oldest message that was tried in vain was queued, milliseconds. */
  readonly troubleSince: number | undefined;
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
  /** What `after` is for the next page; undefined: this is the last. */
  readonly next: number | undefined;
}

/** The queue as people look at it. Changes nothing. */
export class QueueView {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor({ database, clock }: { database: Database; clock: Clock }) {
    this.#database = database;
    this.#clock = clock;
  }

  /** How one message stands now. */
  standingOf({ state, attempts, runAt }: DeliveryRecord): DeliveryStanding {
    if (state === 'failed') return 'failed';
    if (attempts > 0) return 'failing';
    return runAt <= this.#clock.now() ? 'waiting' : 'scheduled';
  }

  /** Counts by peer, those with trouble first. */
  async counts(): Promise<QueueCount[]> {
    const q = this.#database.read;
    const sum = (condition: string, name: string, bindings: number[] = []) =>
      q.raw(`sum(case when ${condition} then 1 else 0 end) as ${name}`, bindings);
    const rows = await q('deliveries')
      .whereNot('state', 'dropped')
      .groupBy('peer_id')
      .select<CountRow[]>('peer_id')
      .select(sum("state = 'failed'", 'failed'))
      .select(sum("state = 'queued' and attempts > 0", 'failing'))
      .select(sum("state = 'queued' and attempts = 0 and run_at <= ?", 'waiting', [this.#clock.now()]))
      .select(q.raw("min(case when attempts > 0 or state = 'failed' then created_at end) as trouble_since"));
    return rows.map(countOf).sort((a, b) => b.failed - a.failed || b.failing - a.failing || b.waiting - a.waiting);
  }

  /** One page of those that stand alike. */
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

  /** Everything in these lanes, and in those whose name goes on after a colon, in order. */
  async inLanes(lanes: readonly string[]): Promise<DeliveryRecord[]> {
    const query = this.#database.read<DeliveryRow>('deliveries').whereNot('state', 'dropped');
    void query.andWhere((either) => {
      for (const lane of lanes) {
        void either.orWhere({ lane }).orWhereRaw('substr(lane, 1, ?) = ?', [lane.length + 1, `${lane}:`]);
      }
    });
    return (await query.orderBy('id').select<DeliveryRow[]>()).map(recordOf);
  }

  #standing(q: Queries, standing: QueueQuestion['standing']) {
    const query = q<DeliveryRow>('deliveries');
    if (standing === 'failed') return query.where({ state: 'failed' });
    if (standing === 'failing') return query.where({ state: 'queued' }).where('attempts', '>', 0);
    return query.where({ state: 'queued', attempts: 0 }).where('run_at', '<=', this.#clock.now());
  }
}

interface CountRow {
  readonly peer_id: string | null;
  readonly waiting: number | string;
  readonly failing: number | string;
  readonly failed: number | string;
  readonly trouble_since: number | null;
}

function countOf(row: CountRow): QueueCount {
  return {
    peerId: row.peer_id ?? undefined,
    waiting: Number(row.waiting),
    failing: Number(row.failing),
    failed: Number(row.failed),
    troubleSince: row.trouble_since ?? undefined,
  };
}
