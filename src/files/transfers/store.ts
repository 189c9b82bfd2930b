import { DAY, Failure, notFound, type AccountId, type Clock } from '../../kernel/index.js';
import { isUniqueViolation, type Database, type Queries, type Transaction } from '../../platform/index.js';
import { lockTree } from '../records/owner.js';
import { forgetMembers, leftByEnded } from './members.js';
import { newRow, type TransferRow } from './row.js';
import type { TransferWish } from './transfer.js';

/** Most transfers of one asker that are under way or wait. */
const MOST_OPEN = 16;

/** Most ended ones of an asker that are remembered, and how many more are forgotten at a time. */
const MOST_ENDED = 500;
const BATCH = 100;

/** How long an ended one is remembered, milliseconds. */
const REMEMBERED = DAY;

/** Rows of transfers, as {@link Queries} or a transaction see them. */
export function transferRows(q: Queries | Transaction) {
  return q<TransferRow>('transfers');
}

/** The transfers of everybody, as rows. */
export class TransferStore {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor({ database, clock }: { readonly database: Database; readonly clock: Clock }) {
    this.#database = database;
    this.#clock = clock;
  }

  /**
   * Keeps a new one; answers the one that is under way already if it is the same. Throws `too-many` when sixteen others of the
   * same asker are under way.
   */
  async add(id: string, wish: TransferWish): Promise<TransferRow> {
    const row = newRow(id, wish, this.#clock.now());
    const add = async (trx: Transaction): Promise<TransferRow> => {
      // The limit must hold for processes that work side by side, too.
      await lockTree(trx, row.account_id);
      const open = await transferRows(trx).where({ actor: row.actor }).whereNull('ended_at').limit(MOST_OPEN);
      const same = open.find(({ what }) => what === row.what);
      if (same !== undefined) return same;
      if (open.length >= MOST_OPEN) throw tooMany();
      await forgetOldest(trx, row.actor);
      await transferRows(trx).insert(row);
      return row;
    };
    try {
      return await this.#database.write(add, row.account_id);
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      const same = await this.#open(row).first();
      if (same === undefined) throw error;
      return same;
    }
  }

  /** One of an asker's; throws `not-found` for what is not theirs, too. */
  async of(actor: string, id: string): Promise<TransferRow> {
    const row = await transferRows(this.#database.read).where({ id }).first();
    if (row?.actor !== actor) throw notFound();
    return row;
  }

  /** Those of an asker that are asked in these words: under way, or ended since then, milliseconds; the newest first. */
  async asked(actor: string, asked: string, since: number): Promise<TransferRow[]> {
    return transferRows(this.#database.read)
      .where({ actor, asked })
      .whereRaw('(ended_at is null or ended_at >= ?)', [since])
      .orderBy('begun_at', 'desc')
      .limit(MOST_OPEN);
  }

  /** Wants one to be given up; false when it is too late for that. */
  async wishCancelled(id: string): Promise<boolean> {
    const changed = await this.#database.write((trx) =>
      transferRows(trx)
        .where({ id })
        .whereNull('ended_at')
        .whereIn('stage', ['waiting', 'copying'])
        .update({ is_cancelled: true }),
    );
    return changed > 0;
  }

  /** Forgets those that ended a day ago; answers how many. */
  async tidy(): Promise<number> {
    for (const id of await leftByEnded(this.#database.read)) await forgetMembers(this.#database, id);
    const before = this.#clock.now() - REMEMBERED;
    for (let forgotten = 0; ;) {
      const gone = await this.#database.write(async (trx) => {
        const over = transferRows(trx).where('ended_at', '<=', before).limit(BATCH).select('id');
        return transferRows(trx).whereIn('id', over).delete();
      });
      forgotten += gone;
      if (gone < BATCH) return forgotten;
    }
  }

  #open({ actor, what }: TransferRow) {
    return transferRows(this.#database.read).where({ actor, what }).whereNull('ended_at');
  }
}

/** Forgets everything that somebody has asked for: they are removed. What runs notices that it has no row any more. */
export async function forgetTransfersOf(trx: Transaction, accountId: AccountId): Promise<void> {
  await transferRows(trx).where({ account_id: accountId }).delete();
}

async function forgetOldest(trx: Transaction, actor: string): Promise<void> {
  const oldest: string[] = await transferRows(trx)
    .where({ actor })
    .whereNotNull('ended_at')
    .orderBy('ended_at', 'desc')
    .offset(MOST_ENDED)
    .limit(BATCH)
    .pluck('id');
  if (oldest.length > 0) await transferRows(trx).whereIn('id', oldest).delete();
}

function tooMany(): Failure {
  return new Failure('too-many', 'Much of yours is being copied and moved already. Try again in half a minute.', {
    retryAfter: 30,
  });
}
