import { foldEmail, MINUTE, notFound, readEmail, type AccountId } from '../kernel/index.js';
import { networkOf, type Database, type Limiter, type Transaction } from '../platform/index.js';
import type { Account } from './account.js';
import type { Accounts } from './accounts.js';
import type { PasswordHasher } from './password-hasher.js';
import type { ChangeNotices } from './notices/change-notices.js';
import { judgePassword, type OwnWords } from './password-rules.js';
import { endSessions } from './sessions.js';

/** The result of signing in; a refusal never says why (ACC-01). */
export type SignIn = { readonly kind: 'ok'; readonly account: Account } | { readonly kind: 'refused' };

/** The one refusal. */
export const REFUSED: SignIn = { kind: 'refused' };

/** Where an attempt comes from. */
export interface AttemptSource {
  /** The client's IP address, as the server sees it behind configured proxies. */
  readonly address: string;
}

// ACC-02: tries are counted per network, so that others cannot use up a person's tries.
const TRIES_PER_PERSON = { acts: 10, per: 15 * MINUTE, ofStrangers: true };
const TRIES_PER_NETWORK = { acts: 100, per: 15 * MINUTE, ofStrangers: true };

/** What {@link Passwords} works with. */
export interface PasswordsInputs {
  readonly database: Database;
  readonly accounts: Accounts;
  readonly limiter: Limiter;
  readonly hasher: PasswordHasher;
  readonly cloudName: string;
  readonly changes: Pick<ChangeNotices, 'tell'>;
}

/** Passwords: proving and changing them. */
export class Passwords {
  readonly #database: Database;
  readonly #accounts: Accounts;
  readonly #limiter: Limiter;
  readonly #hasher: PasswordHasher;
  readonly #cloudName: string;
  readonly #changes: Pick<ChangeNotices, 'tell'>;

  constructor(inputs: PasswordsInputs) {
    this.#database = inputs.database;
    this.#accounts = inputs.accounts;
    this.#limiter = inputs.limiter;
    this.#hasher = inputs.hasher;
    this.#cloudName = inputs.cloudName;
    this.#changes = inputs.changes;
  }

  /**
   * Signs somebody in by any proven address and the password. Unknown people, disabled people and wrong passwords are
   * refused alike, after the same work. Throws `too-many` after ten tries for a person, or a hundred in all, from one
   * network within 15 minutes: the throttle of every door that takes passwords (ACC-02).
   */
  async signIn(email: string, password: string, from: AttemptSource): Promise<SignIn> {
    const { account, stored } = await this.#find(email);
    // Tries count per account, so that two addresses do not give twice as many tries.
    const pair = await this.#spend(account?.id ?? lookupForm(email), from);
    const fits = await this.#hasher.matches(password, stored, networkOf(from.address));
    if (!fits || account === undefined || account.disabled) return REFUSED;
    await this.#limiter.forget(pair, TRIES_PER_PERSON);
    return { kind: 'ok', account };
  }

  /**
   * Sets a password and ends all sessions of the account but the one whose hash (`SessionStore.hashOf`) is `kept`.
   * Throws `invalid` as {@link prepare} does.
   */
  async set(accountId: AccountId, password: string, kept?: string): Promise<void> {
    const stored = await this.prepareFor(accountId, password);
    await this.#database.write((trx) => this.store(trx, accountId, stored, kept));
  }

  /**
   * The hash to store of a password that somebody chooses: every way of choosing one comes through here. Throws `invalid`
   * with what to do for a password that is easily guessed (F-70), too short or too long.
   */
  async prepare(password: string, own: Omit<OwnWords, 'cloudName'>): Promise<string> {
    judgePassword(password, { ...own, cloudName: this.#cloudName });
    return this.#hasher.hash(password, `chooses:${own.addresses[0] ?? ''}`);
  }

  /** {@link prepare} for somebody who has an account; `not-found` without one. */
  async prepareFor(accountId: AccountId, password: string): Promise<string> {
    const account = await this.#accounts.byId(accountId);
    if (account === undefined) throw notFound('There is no such account.');
    const of = this.#database.read('addresses').where({ account_id: accountId }).whereNotNull('proven_at');
    return this.prepare(password, {
      name: account.name,
      addresses: await of.orderBy('folded').pluck<string[]>('email'),
    });
  }

  /**
   * Stores a hash made by {@link prepare}; sessions and one-time links of the account end with the old
   * password, and the person is told (F-65).
   */
  async store(trx: Transaction, accountId: AccountId, stored: string, kept?: string): Promise<void> {
    const account = trx('accounts').where({ id: accountId });
    const before: { password_hash: string | null } | undefined = await account.clone().first('password_hash');
    if (before === undefined) throw notFound('There is no such account.');
    // The first password of an account replaces none, so no letter is sent.
    if (before.password_hash !== null) await this.#changes.tell(trx, accountId, { kind: 'password' });
    await account.update({ password_hash: stored });
    await trx('password_links').where({ account_id: accountId }).delete();
    await endSessions(trx, accountId, kept);
  }

  /** Counts one try, before the work, so that tries at the same moment count too. */
  async #spend(who: string, from: AttemptSource): Promise<string> {
    const network = networkOf(from.address);
    const pair = `sign-in-as:${network}:${who}`;
    // Counts in both limits or in none, so that tries that are refused for one person do not count for others of their
    // network.
    await this.#database.vital(async (trx) => {
      await this.#limiter.spend(pair, TRIES_PER_PERSON, trx);
      await this.#limiter.spend(`sign-in:${network}`, TRIES_PER_NETWORK, trx);
    });
    return pair;
  }

  async #find(text: string): Promise<{ account?: Account | undefined; stored?: string | undefined }> {
    const email = readEmail(text.trim());
    const account = email === undefined ? undefined : await this.#accounts.byEmail(email);
    const row: { password_hash: string | null } | undefined = await this.#database
      .read('accounts')
      .where({ id: account?.id ?? '' })
      .first('password_hash');
    return { account, stored: row?.password_hash ?? undefined };
  }
}

/** What somebody typed as their address, in the one form that tries are counted under, known or not. */
function lookupForm(text: string): string {
  const email = readEmail(text.trim());
  return email === undefined ? 'no-address' : foldEmail(email);
}
