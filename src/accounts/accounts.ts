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
import {
  countSome,
  cutPage,
  eachPage,
  isUniqueViolation,
  pageOf,
  readRows,
  type Database,
  type ListOrder,
  type ListPage,
  type PageWish,
  type Queries,
  type Transaction,
} from '../platform/index.js';
import { accountOf, accountRows, parsePersonName, type Account, type AccountRow } from './account.js';
import { keepAnAdministrator } from './last-administrator.js';
import { endSessions } from './sessions.js';

/** Why an account ended. */
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

/** Tables whose rows are deleted with a person; {@link OnEnding} handles what they own or share. */
const BELONGINGS = [
  'sessions',
  'access_tokens',
  'app_passwords',
  'temporary_credentials',
  'password_links',
  'account_changes',
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
    const now = this.#clock.now();
    const row = { id, name: parsePersonName(name), is_admin: options.admin ?? false, created_at: now };
    try {
      return await this.#database.write(async (trx) => {
        await trx('accounts').insert(row);
        await trx('addresses').insert(homeOf(id, email, now));
        return requireAccount(await this.byId(id, trx), email);
      });
    } catch (error) {
      if (isUniqueViolation(error))
        throw new Failure('conflict', `An account with the address ${email} exists already.`);
      throw error;
    }
  }

  /** Changes what the operator names. Throws `not-found`, `invalid`, or `conflict` for the last administrator's role. */
  async set(email: Email, changes: AccountChanges): Promise<Account> {
    const columns = columnsOf(changes);
    return this.#database.write(async (trx) => {
      const { id } = requireAccount(await this.byEmail(email, trx), email);
      if (changes.admin === false) await keepAnAdministrator(trx, id);
      if (Object.keys(columns).length > 0) await trx('accounts').where({ id }).update(columns);
      return requireAccount(await this.byId(id, trx), email);
    });
  }

  /** Everybody, disabled people too, by address; read in pages. */
  async list(): Promise<Account[]> {
    const all: Account[] = [];
    for await (const { items } of eachPage((wish) => this.page(wish))) all.push(...items);
    return all;
  }

  /** One page of everybody, by address. */
  async page(wish: PageWish): Promise<ListPage<Account>> {
    const q = this.#database.read;
    const homes: HomeRow[] = await cutPage(primary(q), BY_ADDRESS, wish).select('folded', 'account_id', 'email');
    const ids = homes.map((home) => home.account_id);
    const rows = (await q('accounts').whereIn('id', ids).select('*')) as Omit<AccountRow, 'email'>[];
    const byId = new Map(rows.map((row) => [row.id, row]));
    const found = homes.flatMap((home) => {
      const row = byId.get(home.account_id);
      return row === undefined ? [] : [{ ...row, ...home }];
    });
    return pageOf(
      readRows(found, ({ folded: at, id }) => ({ at, id }), accountOf),
      wish,
    );
  }

  /** How many people there are, disabled ones too, counted like {@link countSome}. */
  async count(): Promise<number> {
    const q = this.#database.read;
    return countSome(q, primary(q), BY_ADDRESS.at);
  }

  /** Those who may administrate this cloud and are not disabled. */
  async administrators(): Promise<Account[]> {
    const q = this.#database.read;
    const rows = await accountRows(q).whereRaw('accounts.is_admin').whereNull('accounts.disabled_at');
    return rows.map(accountOf);
  }

  /** The account that has proven this address; unproven claims are ignored (WEB-06). */
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

  /**
   * Disables a person: ends their sessions and shares in one transaction; may be repeated. Throws `not-found`, or
   * `conflict` for the last administrator.
   */
  async disable(email: Email): Promise<void> {
    await this.#database.vital(async (trx) => {
      const { id } = requireAccount(await this.byEmail(email, trx), email);
      await keepAnAdministrator(trx, id);
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
   * Ends a person: shares, sessions, tokens and addresses go, the password is erased, and the address is free again. Name
   * and address are kept beside the bare row as long as their files are ({@link RemovedPeople}); the row itself stays
   * because ended shares refer to it.
   */
  async remove(email: Email): Promise<void> {
    await this.#database.vital(async (trx) => {
      const person = requireAccount(await this.byEmail(email, trx), email);
      const { id } = person;
      await keepAnAdministrator(trx, id);
      await this.#onEnding(trx, id, 'removed');
      for (const table of BELONGINGS) await trx(table).where({ account_id: id }).delete();
      const now = this.#clock.now();
      const nobody = { name: '(removed)', password_hash: null, is_admin: false, disabled_at: now };
      const kept = { removed_at: now, removed_name: person.name, removed_email: person.email };
      await trx('accounts')
        .where({ id })
        .update({ ...nobody, ...kept });
    });
  }
}

const BY_ADDRESS: ListOrder = { at: 'folded', id: 'account_id', direction: 'asc' };

interface HomeRow {
  readonly account_id: string;
  readonly email: string;
  readonly folded: string;
}

/** The address of each account, with the same words as in schema step 0038: otherwise its index is not used. */
function primary(q: Queries) {
  return q('addresses').whereRaw('is_primary');
}

/** Proven when the account is made, so it is settled from the beginning (F-65). */
function homeOf(id: AccountId, email: Email, now: number) {
  return { account_id: id, email, folded: foldEmail(email), is_primary: true, proven_at: now, created_at: now };
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
