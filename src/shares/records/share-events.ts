import type { Clock } from '../../kernel/index.js';
import type { Queries, Transaction } from '../../platform/index.js';

/** One line of the transition log: what `share doctor` and administrators read. */
export interface ShareEvent {
  readonly shareRef: string;
  readonly side: 'outgoing' | 'incoming';
  readonly event: string;
  readonly from: string | undefined;
  readonly to: string;
  /** Who did it: an account, a peer, one of these after the prefix `member:`, `holder of the link`, or `clock`. */
  readonly actor: string;
  readonly note: string;
  /** Milliseconds. */
  readonly at: number;
}

interface EventRow {
  share_ref: string;
  side: 'outgoing' | 'incoming';
  event: string;
  from_state: string | null;
  to_state: string;
  actor: string;
  note: string;
  at: number;
}

/** The event when a peer that takes an ended share for open was told its end again. */
const REMIND = 'remind';

/** The log of everything that changed a share. */
export class ShareEvents {
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Adds one line about a transition. */
  async record(trx: Transaction, event: Omit<ShareEvent, 'at'>): Promise<void> {
    await trx('share_events').insert({
      share_ref: event.shareRef,
      side: event.side,
      event: event.event,
      from_state: event.from ?? null,
      to_state: event.to,
      actor: event.actor,
      note: event.note,
      at: this.#clock.now(),
    });
  }

  /** Adds one line about an act that did not change the state of the share. */
  async noteAct(
    trx: Transaction,
    side: ShareEvent['side'],
    { id: shareRef, state }: { readonly id: string; readonly state: string },
    { event, actor, note = '' }: { readonly event: string; readonly actor: string; readonly note?: string },
  ): Promise<void> {
    await this.record(trx, { shareRef, side, event, from: state, to: state, actor, note });
  }

  /** Adds the line that the peer of an ended outgoing share was told the end again. */
  async reminded(trx: Transaction, share: { readonly id: string; readonly state: string }): Promise<void> {
    await this.noteAct(trx, 'outgoing', share, { event: REMIND, actor: 'peer' });
  }

  /** When the last such line was added, milliseconds. */
  async remindedAt(q: Queries, shareRef: string): Promise<number | undefined> {
    const lines = q<EventRow>('share_events').where({ share_ref: shareRef, event: REMIND });
    return (await lines.orderBy('id', 'desc').first('at'))?.at;
  }

  /** How often something happened to a share since then. */
  async countSince(q: Queries, shareRef: string, event: string, since: number): Promise<number> {
    const lines = q('share_events').where({ share_ref: shareRef, event }).where('at', '>', since);
    const row = await lines.count({ count: '*' }).first<{ count: number | string } | undefined>();
    return Number(row?.count ?? 0);
  }

  /** The log of one share, oldest first. */
  async of(q: Queries, shareRef: string): Promise<ShareEvent[]> {
    const rows = await q<EventRow>('share_events').where({ share_ref: shareRef }).orderBy('id');
    return rows.map((row) => ({
      shareRef: row.share_ref,
      side: row.side,
      event: row.event,
      from: row.from_state ?? undefined,
      to: row.to_state,
      actor: row.actor,
      note: row.note,
      at: row.at,
    }));
  }
}
