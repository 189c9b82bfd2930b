import { MINUTE, type Clock, type ItemId } from '../../kernel/index.js';
import type { LeaseTime } from '../../deliveries/index.js';
import type { Database, Queries, Transaction } from '../../platform/index.js';
import type { Carried } from './carrying.js';
import type { Fault } from './fault.js';
import { addMembers, forgetMembers } from './members.js';
import { writeFaults, type Stage, type TransferRow } from './row.js';
import { transferRows } from './store.js';

/** For so long, milliseconds, a transfer belongs to a process that says nothing more; then another takes it up. */
export const LEASE = MINUTE;

/** Askers that are looked at when there is room for one more transfer, those who have waited longest. */
const MOST_ASKERS = 200;

/** What {@link TransferClaims} needs. */
export interface TransferClaimsInputs {
  readonly database: Database;
  readonly clock: Clock;
  /** The name of this process, different from every earlier one. */
  readonly instance: string;
  /** The one clock that all processes measure leases by. */
  readonly leaseTime: LeaseTime;
}

/** Somebody of whom something waits, and since when, milliseconds. */
export interface WaitingAsker {
  readonly actor: string;
  readonly since: number;
}

/** How far a transfer has come, as its process counts. */
export interface Progress {
  files: number;
  bytes: number;
}

/** Thrown when a transfer belongs to another process by now, or is gone: this one must not touch it any more. */
export class ClaimLost extends Error {
  constructor() {
    super('another process has taken this transfer');
    this.name = 'ClaimLost';
  }
}

/** Leases on rows, so that each transfer is done by one process, and none is lost when that dies. */
export class TransferClaims {
  readonly #in: TransferClaimsInputs;
  /** False until something was claimed: a command that did nothing need not ask what to release. */
  #hasTaken = false;

  constructor(inputs: TransferClaimsInputs) {
    this.#in = inputs;
  }

  /** Everybody of whom something can be taken up, whoever waits longest first. */
  async waiting(): Promise<WaitingAsker[]> {
    const { read } = this.#in.database;
    const now = await this.#in.leaseTime(read);
    const rows: { actor: string; since: number | string }[] = await this.#free(read, now)
      .groupBy('actor')
      .orderBy('since')
      .limit(MOST_ASKERS)
      .select('actor', read.raw('min(begun_at) as since'));
    return rows.map(({ actor, since }) => ({ actor, since: Number(since) }));
  }

  /** Takes up somebody's oldest; undefined when others have been quicker. */
  async take(actor: string): Promise<TransferRow | undefined> {
    const { database, instance, clock, leaseTime } = this.#in;
    this.#hasTaken = true;
    return database.write(async (trx) => {
      const now = await leaseTime(trx);
      const next = this.#free(trx, now).where({ actor }).orderBy(['begun_at', 'id']).limit(1).select('id');
      const [row] = await this.#free(trx, now)
        .whereIn('id', next)
        .update(
          {
            claimed_by: instance,
            claimed_until: now + LEASE,
            started_at: trx.raw('coalesce(started_at, ?)', [clock.now()]),
            attempts: trx.raw('attempts + 1'),
          },
          '*',
        );
      return row;
    });
  }

  /** Says how far one has come, and keeps it for a minute more. Throws {@link ClaimLost}; answers whether to give it up. */
  async beat(id: string, { files, bytes }: Progress): Promise<{ readonly isCancelled: boolean }> {
    const [row] = await this.#in.database.vital(async (trx) => {
      const until = (await this.#in.leaseTime(trx)) + LEASE;
      return this.#mine(trx, id).update({ files, bytes, claimed_until: until }, ['is_cancelled']);
    });
    if (row === undefined) throw new ClaimLost();
    return { isCancelled: Boolean(row.is_cancelled) };
  }

  /** The copy begins, or begins anew: what was read before no longer counts. */
  async copies(id: string, sourceState: string): Promise<void> {
    const { database } = this.#in;
    await database.write((trx) =>
      this.#change(trx, id, { stage: 'copying', staged_id: null, source_state: sourceState }),
    );
    await forgetMembers(database, id);
  }

  /** Something hidden was made at the target. */
  async staged(id: string, itemId: ItemId): Promise<void> {
    await this.#in.database.write((trx) => this.#change(trx, id, { staged_id: itemId }));
  }

  /** Items of the source were opened, from this number on; their copies are written after this. */
  async read(id: string, first: number, members: readonly Carried[]): Promise<void> {
    await this.#in.database.write(async (trx) => {
      await this.#change(trx, id, {});
      await addMembers(trx, id, first, members);
    });
  }

  /** The copy is whole and comes to its place; false when its asker has cancelled it before. */
  async places(id: string): Promise<boolean> {
    return this.#in.database.write(async (trx) => {
      const changed = await this.#mine(trx, id).where({ is_cancelled: false }).update({ stage: 'placing' });
      if (changed === 0) await this.#change(trx, id, {});
      return changed > 0;
    });
  }

  /** The copy stands at its place: of a move, the source may be removed from now on. */
  async placed(id: string, made: { readonly id: ItemId; readonly version: number }): Promise<void> {
    await this.#in.database.vital((trx) =>
      this.#change(trx, id, { stage: 'placed', item_id: made.id, item_version: made.version }),
    );
  }

  /** It is over. Throws {@link ClaimLost}. */
  async end(
    id: string,
    outcome: NonNullable<TransferRow['outcome']>,
    { faults, progress }: { readonly faults: readonly Fault[]; readonly progress: Progress },
  ): Promise<void> {
    const { database } = this.#in;
    await database.vital((trx) =>
      this.#change(trx, id, {
        outcome,
        faults: faults.length === 0 ? null : writeFaults(faults),
        files: progress.files,
        bytes: progress.bytes,
        ended_at: this.#in.clock.now(),
        claimed_by: null,
        claimed_until: null,
      }),
    );
    await forgetMembers(database, id);
  }

  /** Gives one back that cannot go on now; nobody takes it up for so many milliseconds. */
  async postpone(id: string, millis: number): Promise<void> {
    await this.#in.database.vital(async (trx) => {
      const now = await this.#in.leaseTime(trx);
      await this.#change(trx, id, { claimed_by: null, claimed_until: now + millis });
    });
  }

  /** Gives everything back that this process has, for others to take up at once. */
  async release(): Promise<void> {
    const { database, instance } = this.#in;
    if (!this.#hasTaken) return;
    const freed = { claimed_by: null, claimed_until: null };
    await database.vital((trx) =>
      transferRows(trx)
        .where({ claimed_by: instance })
        // It was not the fault of this transfer.
        .update({ ...freed, attempts: trx.raw('attempts - 1') }),
    );
  }

  /**
   * Frees what earlier processes held when they were killed. Only on SQLite, where one process serves the cloud; with
   * several replicas the leases run out.
   */
  async freeFormer(): Promise<void> {
    const { database, instance } = this.#in;
    if (database.engine !== 'sqlite') return;
    await database.vital((trx) =>
      transferRows(trx)
        .whereNotNull('claimed_by')
        .whereNot('claimed_by', instance)
        .update({ claimed_by: null, claimed_until: null }),
    );
  }

  async #change(
    trx: Transaction,
    id: string,
    change: Partial<TransferRow> & { readonly stage?: Stage },
  ): Promise<void> {
    const changed = await this.#mine(trx, id).update({ claimed_by: this.#in.instance, ...change });
    if (changed === 0) throw new ClaimLost();
  }

  #mine(q: Transaction, id: string) {
    return transferRows(q).where({ id, claimed_by: this.#in.instance }).whereNull('ended_at');
  }

  #free(q: Queries | Transaction, now: number) {
    return transferRows(q).whereNull('ended_at').whereRaw('(claimed_until is null or claimed_until <= ?)', [now]);
  }
}
