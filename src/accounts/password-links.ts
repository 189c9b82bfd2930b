import {
  DAY,
  foldEmail,
  HOUR,
  randomWord,
  readEmail,
  type AccountId,
  type Clock,
  type Email,
  type Random,
} from '../kernel/index.js';
import type { Database, Limiter, Sealer, Transaction } from '../platform/index.js';
import type { Account } from './account.js';
import type { Accounts } from './accounts.js';
import type { Post } from './letter.js';
import type { PasswordHasher } from './password-hasher.js';
import { REFUSED, type Passwords, type SignIn } from './passwords.js';

const LINK_LIFE = DAY;
const LINKS_MAILED = { acts: 3, per: HOUR };

/** What {@link PasswordLinks} works with. */
export interface PasswordLinksInputs {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly sealer: Pick<Sealer, 'digest'>;
  readonly limiter: Limiter;
  readonly accounts: Accounts;
  readonly passwords: Passwords;
  readonly hasher: PasswordHasher;
  readonly post: Post;
}

/** One-time links with which people choose a password. Only their hashes are stored; they live for 24 hours. */
export class PasswordLinks {
  readonly #inputs: PasswordLinksInputs;

  constructor(inputs: PasswordLinksInputs) {
    this.#inputs = inputs;
  }

  /** A fresh token for a link, as `user add` prints it. */
  async issue(accountId: AccountId): Promise<string> {
    return this.#inputs.database.write((trx) => this.#store(trx, accountId));
  }

  /**
   * Mails a link to an address that an account has proven. Whether there is one, nobody learns from the answer, and
   * both cases commit one transaction (ACC-01). Throws `too-many` beyond three an hour for an address.
   */
  async mail(typed: string): Promise<void> {
    const { accounts, database, limiter, post } = this.#inputs;
    const email = readEmail(typed.trim());
    if (email === undefined) return;
    await limiter.spend(`password-link:${foldEmail(email)}`, LINKS_MAILED);
    await database.write(async (trx) => {
      await this.#noteAsked(trx);
      const account = await accounts.byEmail(email, trx);
      if (account === undefined || account.disabled) return;
      const token = await this.#store(trx, account.id);
      await post(trx, { letter: 'password-link', to: await ownSpelling(trx, account, email), data: { token } });
    });
  }

  /** Whose link this is while it works; looking changes nothing (G3). */
  async holder(token: string): Promise<Account | undefined> {
    const { accounts, clock, database } = this.#inputs;
    const row: { account_id: AccountId } | undefined = await database
      .read('password_links')
      .where({ token_hash: this.#hashOf(token) })
      .where('expires_at', '>', clock.now())
      .first('account_id');
    const account = row === undefined ? undefined : await accounts.byId(row.account_id);
    return account?.disabled === false ? account : undefined;
  }

  /**
   * Sets the password with a link, once; the account's other links and all its sessions end. An unknown, used or late
   * link is refused; a password that is too short or too long throws `invalid` and leaves the link as it was.
   */
  async redeem(token: string, password: string): Promise<SignIn> {
    const { database, hasher, passwords } = this.#inputs;
    const account = await this.holder(token);
    if (account === undefined) return REFUSED;
    const stored = await hasher.hash(password);
    return database.write(async (trx) => {
      if (!(await this.#take(trx, token))) return REFUSED;
      await passwords.store(trx, account.id, stored);
      return { kind: 'ok', account };
    });
  }

  async #store(trx: Transaction, accountId: AccountId): Promise<string> {
    const { clock, random } = this.#inputs;
    const token = randomWord(random, 43);
    await trx('password_links').where('expires_at', '<=', clock.now()).delete();
    const row = { token_hash: this.#hashOf(token), account_id: accountId, expires_at: clock.now() + LINK_LIFE };
    await trx('password_links').insert(row);
    return token;
  }

  async #take(trx: Transaction, token: string): Promise<boolean> {
    const link = trx('password_links').where({ token_hash: this.#hashOf(token) });
    return (await link.where('expires_at', '>', this.#inputs.clock.now()).delete()) === 1;
  }

  /** A write that both cases make: without it an unknown address would be answered without a commit, hence sooner. */
  async #noteAsked(trx: Transaction): Promise<void> {
    const value = String(this.#inputs.clock.now());
    await trx('meta').insert({ key: 'password-link-asked-at', value }).onConflict('key').merge();
  }

  #hashOf(token: string): string {
    return this.#inputs.sealer.digest(token, 'password-link');
  }
}

/** The address as its owner wrote it, not as somebody typed it now: some mailboxes tell letter case apart. */
async function ownSpelling(trx: Transaction, account: Account, typed: Email): Promise<Email> {
  const key = { account_id: account.id, folded: foldEmail(typed) };
  const row: { email: Email } | undefined = await trx('addresses').where(key).first('email');
  return row?.email ?? account.email;
}
