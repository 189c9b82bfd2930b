import {
  DAY,
  foldEmail,
  HOUR,
  randomWord,
  readEmail,
  rfc3339,
  type AccountId,
  type Clock,
  type Email,
  type Random,
} from '../kernel/index.js';
import { keepMeta, networkOf, type Database, type Limiter, type Sealer, type Transaction } from '../platform/index.js';
import type { Account } from './account.js';
import type { Accounts } from './accounts.js';
import type { QueueAccountLetter } from './notices/letter.js';
import { provenAddresses, SETTLING } from './notices/settled.js';
import { REFUSED, type AttemptSource, type Passwords, type SignIn } from './passwords.js';

const LINK_LIFE = DAY;
// F-61: anybody may ask, so there is a limit per network and one per address.
const ASKED_BY_CLIENT = { acts: 20, per: HOUR, ofStrangers: true };
const LINKS_MAILED = { acts: 3, per: HOUR, ofStrangers: true };

/** What {@link PasswordLinks} works with. */
export interface PasswordLinksInputs {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly sealer: Pick<Sealer, 'digest'>;
  readonly limiter: Limiter;
  readonly accounts: Accounts;
  readonly passwords: Passwords;
  readonly queueLetter: QueueAccountLetter;
}

/** One-time links with which people choose a password. Only their hashes are stored; they live for 24 hours. */
export class PasswordLinks {
  readonly #inputs: PasswordLinksInputs;

  constructor(inputs: PasswordLinksInputs) {
    this.#inputs = inputs;
  }

  /** A fresh token for a link, as `user add` prints it. */
  async issue(accountId: AccountId): Promise<string> {
    return this.#inputs.database.write((trx) => this.issueIn(trx, accountId));
  }

  /** {@link issue} in the caller's transaction. */
  async issueIn(trx: Transaction, accountId: AccountId): Promise<string> {
    const { clock, random } = this.#inputs;
    const token = randomWord(random, 43);
    await trx('password_links').where('expires_at', '<=', clock.now()).delete();
    const row = { token_hash: this.#hashOf(token), account_id: accountId, expires_at: clock.now() + LINK_LIFE };
    await trx('password_links').insert(row);
    return token;
  }

  /**
   * Mails a link to an address that an account has proven for more than seven days, or has had from the beginning. Whether there is one, nobody learns from the answer, and
   * both cases commit one transaction (ACC-01). Throws `too-many` beyond three an hour for an address, or twenty
   * an hour from one client.
   */
  async mail(typed: string, from: AttemptSource): Promise<void> {
    const { accounts, database, limiter } = this.#inputs;
    const email = readEmail(typed.trim());
    if (email === undefined) return;
    await database.write(async (trx) => {
      await limiter.spend(`password-link-from:${networkOf(from.address)}`, ASKED_BY_CLIENT, trx);
      await limiter.spend(`password-link:${foldEmail(email)}`, LINKS_MAILED, trx);
      await this.#noteAsked(trx);
      const account = await accounts.byEmail(email, trx);
      if (account === undefined || account.disabled) return;
      await this.#answer(trx, account, email);
    });
  }

  /** A link to a settled address; to a fresh one, why there is none yet (F-65). Either goes to it as its owner wrote it. */
  async #answer(trx: Transaction, account: Account, typed: Email): Promise<void> {
    const { clock, queueLetter } = this.#inputs;
    const proven = await provenAddresses(trx, account.id, clock.now());
    const found = proven.find(({ row }) => row.folded === foldEmail(typed));
    if (found === undefined) return;
    const to = found.row.email as Email;
    if (found.isSettled) {
      const token = await this.issueIn(trx, account.id);
      await queueLetter(trx, { letter: 'password-link', to, data: { token } });
    } else {
      const from = rfc3339((found.row.proven_at ?? 0) + SETTLING);
      await queueLetter(trx, { letter: 'password-link-early', to, data: { from } });
    }
  }

  /** Whose link this is while it is valid; changes nothing (G3). */
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
   * link is refused; a password that `Passwords.prepare` refuses throws `invalid` and leaves the link as it was.
   */
  async redeem(token: string, password: string): Promise<SignIn> {
    const { database, passwords } = this.#inputs;
    const account = await this.holder(token);
    if (account === undefined) return REFUSED;
    const stored = await passwords.prepareFor(account.id, password);
    return database.write(async (trx) => {
      if (!(await this.#take(trx, token))) return REFUSED;
      await passwords.store(trx, account.id, stored);
      return { kind: 'ok', account };
    });
  }

  async #take(trx: Transaction, token: string): Promise<boolean> {
    const link = trx('password_links').where({ token_hash: this.#hashOf(token) });
    return (await link.where('expires_at', '>', this.#inputs.clock.now()).delete()) === 1;
  }

  /** A write that is made in both cases: without it an unknown address would be answered sooner, without a commit. */
  async #noteAsked(trx: Transaction): Promise<void> {
    await keepMeta(trx, 'password-link-asked-at', String(this.#inputs.clock.now()));
  }

  #hashOf(token: string): string {
    return this.#inputs.sealer.digest(token, 'password-link');
  }
}
