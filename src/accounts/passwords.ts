import ipaddr from 'ipaddr.js';
import { foldEmail, MINUTE, notFound, readEmail, type AccountId } from '../kernel/index.js';
import type { Database, Limiter, Transaction } from '../platform/index.js';
import type { Account } from './account.js';
import type { Accounts } from './accounts.js';
import type { PasswordHasher } from './password-hasher.js';
import { endSessions } from './sessions.js';

/** The answer to a proof of who somebody is; a refusal never says why (ACC-01). */
export type SignIn = { readonly kind: 'ok'; readonly account: Account } | { readonly kind: 'refused' };

/** The one refusal. */
export const REFUSED: SignIn = { kind: 'refused' };

/** Where an attempt comes from. */
export interface Origin {
  /** The client's IP address, as the server sees it behind configured proxies. */
  readonly address: string;
}

// ACC-02: nobody can spend the tries that a person has from their own network.
const TRIES_PER_PERSON = { acts: 10, per: 15 * MINUTE };
const TRIES_PER_NETWORK = { acts: 100, per: 15 * MINUTE };

/** Passwords: proving and changing them. */
export class Passwords {
  readonly #database: Database;
  readonly #accounts: Accounts;
  readonly #limiter: Limiter;
  readonly #hasher: PasswordHasher;

  constructor(inputs: { database: Database; accounts: Accounts; limiter: Limiter; hasher: PasswordHasher }) {
    this.#database = inputs.database;
    this.#accounts = inputs.accounts;
    this.#limiter = inputs.limiter;
    this.#hasher = inputs.hasher;
  }

  /**
   * Who somebody is, by any proven address and the password. Unknown people, disabled people and wrong passwords are
   * refused alike, after the same work. Throws `too-many` after ten tries for a person, or a hundred in all, from one
   * network within 15 minutes: the throttle of every door that takes passwords (ACC-02).
   */
  async signIn(email: string, password: string, from: Origin): Promise<SignIn> {
    const pair = await this.#spend(email, from);
    const { account, stored } = await this.#find(email);
    const fits = await this.#hasher.matches(password, stored);
    if (!fits || account === undefined || account.disabled) return REFUSED;
    await this.#limiter.forget(pair);
    return { kind: 'ok', account };
  }

  /**
   * Sets a password and ends all sessions of the account but the one whose hash (`SessionStore.hashOf`) is `kept`.
   * Throws `invalid` when it is too short or too long.
   */
  async set(accountId: AccountId, password: string, kept?: string): Promise<void> {
    const stored = await this.#hasher.hash(password);
    await this.#database.write((trx) => this.store(trx, accountId, stored, kept));
  }

  /** Stores a hash made by `PasswordHasher`; sessions and one-time links of the account end with the old password. */
  async store(trx: Transaction, accountId: AccountId, stored: string, kept?: string): Promise<void> {
    const changed = await trx('accounts').where({ id: accountId }).update({ password_hash: stored });
    if (changed === 0) throw notFound('There is no such account.');
    await trx('password_links').where({ account_id: accountId }).delete();
    await endSessions(trx, accountId, kept);
  }

  /** Counts one try, before the work, so that tries at the same moment count too. */
  async #spend(email: string, from: Origin): Promise<string> {
    const network = networkOf(from.address);
    const pair = `sign-in:${network}:${lookupForm(email)}`;
    await this.#limiter.spend(`sign-in:${network}`, TRIES_PER_NETWORK);
    await this.#limiter.spend(pair, TRIES_PER_PERSON);
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

/** Who is throttled together: an IPv4 address, or the IPv6 network of which one customer holds all addresses. */
function networkOf(address: string): string {
  if (!ipaddr.isValid(address)) return 'unknown';
  const parsed = ipaddr.process(address);
  if (parsed instanceof ipaddr.IPv4) return parsed.toString();
  return parsed.parts
    .slice(0, 4)
    .map((part) => part.toString(16))
    .join(':');
}
