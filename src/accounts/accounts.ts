import {
  Failure,
  foldEmail,
  invalid,
  notFound,
  randomWord,
  type AccountId,
  type Clock,
  type Email,
  type Random,
} from '../kernel/index.js';
import { isUniqueViolation, type Database, type Queries, type Transaction } from '../platform/index.js';
import { accountOf, accountRows, parsePersonName, type Account, type AccountRow } from './account.js';
import { endSessions } from './sessions.js';

/** Why an account no longer takes part. */
export type Ending = 'disabled' | 'removed';

/**
 * What other rooms do when an account ends, in the transaction that ends it: shares end their agreements and queue the
 * notices (threat model AUT-05). When it throws, the account stays as it was.
 */
export type OnEnding = (trx: Transaction, accountId: AccountId, ending: Ending) => Promise<void>;

/** What an operator may change. Fields left out stay. */
export interface AccountChanges {
  readonly name?: string | undefined;
  /** Bytes; null follows `FOOTBRIDGE_DEFAULT_QUOTA`. */
  readonly quota?: number | null | undefined;
  readonly admin?: boolean | undefined;
}

/** Tables whose rows die with a person; what they own or share is {@link OnEnding}'s. */
const BELONGINGS = [
  'sessions',
  'access_tokens',
  'temporary_credentials',
  'password_links',
  'address_codes',
  'addresses',
] as const;

/** The people of this cloud, as operators see them. */
export class Accounts {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #onEnding: OnEnding;

  constructor(inputs: { database: Database; clock: Clock; random: Random; onEnding: OnEnding }) {
    this.#database = inputs.database;
    this.#clock = inputs.clock;
    this.#random = inputs.random;
    this.#onEnding = inputs.onEnding;
  }

  /** Adds a person whose address counts as proven. Throws `conflict` when an account has proven it already. */
  async add(email: Email, name: string, options: { readonly admin?: boolean | undefined } = {}): Promise<Account> {
    const id = randomWord(this.#random, 22) as AccountId;
    const row = { id, name: parsePersonName(name), is_admin: options.admin ?? false, created_at: this.#clock.now() };
    try {
      return await this.#database.write(async (trx) => {
        await trx('accounts').insert(row);
        await trx('addresses').insert(this.#homeOf(id, email));
        return requireAccount(await this.byId(id, trx), email);
      });
    } catch (error) {
      if (isUniqueViolation(error))
        throw new Failure('conflict', `An account with the address ${email} exists already.`);
      throw error;
    }
  }

  #homeOf(id: AccountId, email: Email) {
    const now = this.#clock.now();
    return { account_id: id, email, folded: foldEmail(email), is_primary: true, proven_at: now, created_at: now };
  }

  /** Changes what the operator names. Throws `not-found` or `invalid`. */
  async set(email: Email, changes: AccountChanges): Promise<Account> {
    const columns = columnsOf(changes);
    return this.#database.write(async (trx) => {
      const { id } = requireAccount(await this.byEmail(email, trx), email);
      if (Object.keys(columns).length > 0) await trx('accounts').where({ id }).update(columns);
      return requireAccount(await this.byId(id, trx), email);
    });
  }

  /** Everybody, disabled people too, by address. */
  async list(): Promise<Account[]> {
    const rows = await accountRows(this.#database.read).orderBy('home.folded');
    return rows.map(accountOf);
  }

  /** The account that has proven this address; an unproven claim counts for nothing (WEB-06). */
  async byEmail(email: Email, q: Queries = this.#database.read): Promise<Account | undefined> {
    const owners = q('addresses')
      .select('account_id')
      .where({ folded: foldEmail(email) })
      .whereNotNull('proven_at');
    return first(await accountRows(q).whereIn('accounts.id', owners));
  }

  /** The account of an id that was handed out before; undefined once it is removed. */
  async byId(id: AccountId, q: Queries = this.#database.read): Promise<Account | undefined> {
    return first(await accountRows(q).where('accounts.id', id));
  }

  /** Ends the person's sessions and shares at once, in one transaction; twice is as good as once. */
  async disable(email: Email): Promise<void> {
    await this.#database.write(async (trx) => {
      const { id } = requireAccount(await this.byEmail(email, trx), email);
      const enabled = trx('accounts').where({ id }).whereNull('disabled_at');
      const changed = await enabled.update({ disabled_at: this.#clock.now() });
      if (changed === 0) return;
      await this.#onEnding(trx, id, 'disabled');
      await endSessions(trx, id);
    });
  }

  /** Lets a disabled person in again; shares that ended stay ended. */
  async enable(email: Email): Promise<void> {
    await this.#database.write(async (trx) => {
      const { id } = requireAccount(await this.byEmail(email, trx), email);
      await trx('accounts').where({ id }).update({ disabled_at: null });
    });
  }

  /**
   * Ends a person for good: shares, sessions, tokens and addresses go, name and password are erased, and the address is
   * free again. The bare row stays because items and ended shares refer to it.
   */
  async remove(email: Email): Promise<void> {
    await this.#database.write(async (trx) => {
      const { id } = requireAccount(await this.byEmail(email, trx), email);
      await this.#onEnding(trx, id, 'removed');
      for (const table of BELONGINGS) await trx(table).where({ account_id: id }).delete();
      const nobody = { name: '(removed)', password_hash: null, is_admin: false, disabled_at: this.#clock.now() };
      await trx('accounts').where({ id }).update(nobody);
    });
  }
}

function columnsOf({ name, quota, admin }: AccountChanges) {
  if (typeof quota === 'number' && !(Number.isSafeInteger(quota) && quota >= 0)) {
    throw invalid('A quota is a whole number of bytes.');
  }
  return {
    ...(name === undefined ? {} : { name: parsePersonName(name) }),
    ...(quota === undefined ? {} : { quota }),
    ...(admin === undefined ? {} : { is_admin: admin }),
  };
}

function first(rows: AccountRow[]): Account | undefined {
  const [row] = rows;
  return row === undefined ? undefined : accountOf(row);
}

function requireAccount(account: Account | undefined, email: Email): Account {
  if (account === undefined) throw notFound(`There is no account with the address ${email}.`);
  return account;
}
