import type { Clock, PeerId } from '../kernel/index.js';
import type { Database, Log } from '../platform/index.js';

/** What any process of this cloud has last noticed of a peer. */
export interface PeerCondition {
  /** Seconds by which its clock was ahead of ours when that last mattered; 0: not notably (reliability.md OPS-06). */
  readonly clockAhead: number;
  /** Milliseconds. */
  readonly clockSeenAt: number | undefined;
  /** Since when the breaker is open, and until when; a time in the past: the next call is allowed (PEER-02). */
  readonly restingSince: number | undefined;
  readonly restingUntil: number | undefined;
}

/** A time in which a peer is not called, milliseconds. */
export interface Rest {
  readonly since: number;
  readonly until: number;
}

interface ConditionRow {
  readonly peer_id: string;
  readonly clock_ahead: number;
  readonly clock_seen_at: number | null;
  readonly resting_since: number | null;
  readonly resting_until: number | null;
}

const UNSEEN: PeerCondition = {
  clockAhead: 0,
  clockSeenAt: undefined,
  restingSince: undefined,
  restingUntil: undefined,
};

/**
 * What was noticed of peers, for commands and other replicas to read. Writing it does not delay the caller and never
 * fails.
 */
export class PeerConditions {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #log: Pick<Log, 'warn'>;
  readonly #ahead = new Map<string, number>();
  #writing: Promise<void> = Promise.resolve();

  constructor({ database, clock, log }: { database: Database; clock: Clock; log: Pick<Log, 'warn'> }) {
    this.#database = database;
    this.#clock = clock;
    this.#log = log;
  }

  /** What is known of one peer. */
  async of(peerId: PeerId): Promise<PeerCondition> {
    const row = await this.#row(peerId);
    return row === undefined ? UNSEEN : conditionOf(row);
  }

  /**
   * Notes the difference of the peer's clock, which a refusal has shown, or 0 when it no longer matters; `ahead` in
   * seconds.
   */
  clockSeen(peerId: PeerId, ahead: number): void {
    if (this.#ahead.get(peerId) === ahead) return;
    this.#ahead.set(peerId, ahead);
    const seen = { clock_ahead: ahead, clock_seen_at: this.#clock.now() };
    // Corrects what another process noticed before; without a row, a good state need not be written.
    this.#write(peerId, seen, ahead === 0 ? 'if known' : 'always');
  }

  /** Notes that the breaker of the peer is open, or (undefined) no longer is. */
  rests(peerId: string, rest: Rest | undefined): void {
    this.#write(peerId as PeerId, { resting_since: rest?.since ?? null, resting_until: rest?.until ?? null }, 'always');
  }

  /** Resolves when everything noticed so far is written. */
  settled(): Promise<void> {
    return this.#writing;
  }

  async #row(peerId: PeerId): Promise<ConditionRow | undefined> {
    return this.#database.read<ConditionRow>('peer_conditions').where({ peer_id: peerId }).first();
  }

  #write(peerId: PeerId, seen: Partial<ConditionRow>, when: 'always' | 'if known'): void {
    this.#writing = this.#writing.then(() => this.#keep(peerId, seen, when));
  }

  async #keep(peerId: PeerId, seen: Partial<ConditionRow>, when: 'always' | 'if known'): Promise<void> {
    try {
      const known = await this.#row(peerId);
      if (known === undefined && when === 'if known') return;
      await this.#database.write(async (trx) => {
        if ((await trx('peers').where({ id: peerId }).first('id')) === undefined) return;
        const row = trx('peer_conditions').insert({ peer_id: peerId, ...seen });
        await row.onConflict('peer_id').merge(seen);
      });
    } catch (error) {
      this.#log.warn({ err: error, peerId }, 'what was noticed of a peer could not be kept');
    }
  }
}

function conditionOf(row: ConditionRow): PeerCondition {
  return {
    clockAhead: row.clock_ahead,
    clockSeenAt: row.clock_seen_at ?? undefined,
    restingSince: row.resting_since ?? undefined,
    restingUntil: row.resting_until ?? undefined,
  };
}
