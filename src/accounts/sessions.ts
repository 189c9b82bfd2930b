import session from 'express-session';
import { DAY, MINUTE, type AccountId, type Clock } from '../kernel/index.js';
import type { Database, Queries, Sealer, Transaction } from '../platform/index.js';

/** How long a session lives after its last use when its cookie names no time of its own, milliseconds. */
export const SESSION_LIFETIME = 14 * DAY;

/**
 * The stored end of a session is moved at most this often by reading pages, so that polling does not write
 * (reliability.md 5).
 */
const TOUCH_EVERY = 5 * MINUTE;

const PURGE_BATCH = 500;

interface SessionRow {
  id_hash: string;
  account_id: string | null;
  data: string;
  expires_at: number;
}

/**
 * What we keep in a session beside what pages put there. `stored` is the hashed id under which it was saved: a session
 * that regenerates keeps nothing but a stale one, which counts as none.
 */
interface StoredData extends session.SessionData {
  stored?: string;
  passport?: { user?: unknown };
}

/**
 * Sessions of express-session in our own table, found under a keyed digest of their id (a stolen database opens none,
 * SEC-01) and by account, so that all of a person's end at once (WEB-09). Sessions of people who are not signed in are
 * never stored, so that strangers cause no rows (F-61). Use it with `resave: false` and `saveUninitialized: false`.
 */
export class SessionStore extends session.Store {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #sealer: Pick<Sealer, 'digest'>;

  constructor(inputs: { database: Database; clock: Clock; sealer: Pick<Sealer, 'digest'> }) {
    super();
    this.#database = inputs.database;
    this.#clock = inputs.clock;
    this.#sealer = inputs.sealer;
  }

  /** Answers null for a session that is unknown, ended or past its time. */
  override get(sid: string, callback: (error: unknown, session?: session.SessionData | null) => void): void {
    settle(this.#load(sid), callback);
  }

  /**
   * Saves a new session of somebody, or one that was loaded; one that was ended meanwhile is not brought back (WEB-09).
   * One that has become nobody's ends.
   */
  override set(sid: string, data: session.SessionData, callback?: (error?: unknown) => void): void {
    settle(this.#save(sid, data), callback);
  }

  override destroy(sid: string, callback?: (error?: unknown) => void): void {
    settle(this.#remove(sid), callback);
  }

  override touch(sid: string, data: session.SessionData, callback?: (error?: unknown) => void): void {
    settle(this.#prolong(sid, data), callback);
  }

  /** The name of a session in the table, for {@link endSessions}. */
  hashOf(sid: string): string {
    return this.#sealer.digest(sid, 'session');
  }

  /** Removes one batch of sessions past their time; answers how many, fewer than 500 when none are left. */
  async purge(): Promise<number> {
    return this.#database.vital((trx) => {
      const late = sessionRows(trx).where('expires_at', '<=', this.#clock.now()).limit(PURGE_BATCH).select('id_hash');
      return sessionRows(trx).whereIn('id_hash', late).delete();
    });
  }

  async #load(sid: string): Promise<session.SessionData | null> {
    const row = await this.#find(sid);
    return row === undefined ? null : (JSON.parse(row.data) as session.SessionData);
  }

  async #find(sid: string): Promise<SessionRow | undefined> {
    const live = sessionRows(this.#database.read).where('expires_at', '>', this.#clock.now());
    return live.where({ id_hash: this.hashOf(sid) }).first();
  }

  async #save(sid: string, data: StoredData): Promise<void> {
    const account_id = accountIn(data);
    const id_hash = this.hashOf(sid);
    if (account_id === null) {
      if (data.stored === id_hash) await this.#remove(sid);
      return;
    }
    const columns = {
      account_id,
      data: JSON.stringify({ ...data, stored: id_hash }),
      expires_at: this.#endOf(data),
    };
    await this.#database.vital(async (trx) => {
      const rows = sessionRows(trx);
      if (data.stored === id_hash) await rows.where({ id_hash }).update(columns);
      else
        await rows
          .insert({ id_hash, ...columns })
          .onConflict('id_hash')
          .merge();
    });
  }

  async #remove(sid: string): Promise<void> {
    const id_hash = this.hashOf(sid);
    await this.#database.vital((trx) => sessionRows(trx).where({ id_hash }).delete());
  }

  async #prolong(sid: string, data: session.SessionData): Promise<void> {
    const row = await this.#find(sid);
    const expires_at = this.#endOf(data);
    if (row === undefined || expires_at - row.expires_at < TOUCH_EVERY) return;
    await this.#database.vital((trx) => sessionRows(trx).where({ id_hash: row.id_hash }).update({ expires_at }));
  }

  /** By our clock, because the cookie's own `expires` was computed with the machine's. */
  #endOf(data: session.SessionData): number {
    return this.#clock.now() + (data.cookie.originalMaxAge ?? SESSION_LIFETIME);
  }
}

/** Ends a person's sessions, all but the one stored under `kept`, as after a change of password. */
export async function endSessions(trx: Transaction, accountId: AccountId, kept?: string): Promise<void> {
  const theirs = sessionRows(trx).where({ account_id: accountId });
  await (kept === undefined ? theirs : theirs.whereNot({ id_hash: kept })).delete();
}

function sessionRows(q: Queries) {
  return q<SessionRow>('sessions');
}

function accountIn(data: StoredData): string | null {
  const user = data.passport?.user;
  return typeof user === 'string' ? user : null;
}

function settle<T>(work: Promise<T>, callback?: (error: unknown, value?: T) => void): void {
  work.then(
    (value) => callback?.(null, value),
    (error: unknown) => callback?.(error),
  );
}
