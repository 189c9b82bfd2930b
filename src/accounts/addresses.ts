import {
  Failure,
  foldEmail,
  HOUR,
  MINUTE,
  notFound,
  randomDigits,
  type AccountId,
  type Clock,
  type Email,
  type Random,
} from '../kernel/index.js';
import {
  isUniqueViolation,
  type Database,
  type Limiter,
  type Queries,
  type Sealer,
  type Transaction,
} from '../platform/index.js';
import { accountRows } from './account.js';
import type { QueueAccountLetter } from './notices/letter.js';
import type { ChangeNotices } from './notices/change-notices.js';
import type { AddressRow } from './notices/settled.js';

/** One address that a person has named as theirs. */
export interface Address {
  readonly email: Email;
  readonly isPrimary: boolean;
  /** Milliseconds; undefined while nobody has typed in the code that was mailed there. */
  readonly provenAt: number | undefined;
}

/** The purpose of a code: the account page, or the id of the proposal that needs the proof. */
export type CodePurpose = string;

/** The purpose of a code asked for on the account page. */
export const ACCOUNT_PURPOSE: CodePurpose = 'account';

interface CodeKey {
  account_id: string;
  folded: string;
  purpose: string;
}

// A code has eight digits, ten minutes and five tries; three an hour are mailed (threat model WEB-08).
const CODE_DIGITS = 8;
const CODE_LIFE = 10 * MINUTE;
const CODE_TRIES = 5;
const CODES_MAILED = { acts: 3, per: HOUR };
const MAX_ADDRESSES = 20;

/**
 * The addresses of people and the proof that they own them. A proposal for an address may be answered only by the
 * account that has proven it (product.md, step 4).
 */
export class Addresses {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #sealer: Pick<Sealer, 'digest'>;
  readonly #limiter: Limiter;
  readonly #queueLetter: QueueAccountLetter;
  readonly #changes: Pick<ChangeNotices, 'tell'>;

  constructor(inputs: {
    database: Database;
    clock: Clock;
    random: Random;
    sealer: Pick<Sealer, 'digest'>;
    limiter: Limiter;
    queueLetter: QueueAccountLetter;
    changes: Pick<ChangeNotices, 'tell'>;
  }) {
    this.#database = inputs.database;
    this.#clock = inputs.clock;
    this.#random = inputs.random;
    this.#sealer = inputs.sealer;
    this.#limiter = inputs.limiter;
    this.#queueLetter = inputs.queueLetter;
    this.#changes = inputs.changes;
  }

  /** All of a person's addresses, the primary one first. */
  async list(accountId: AccountId, q: Queries = this.#database.read): Promise<Address[]> {
    const rows = await addressRows(q).where({ account_id: accountId }).orderBy('folded');
    return rows.map(addressOf).sort((a, b) => Number(b.isPrimary) - Number(a.isPrimary));
  }

  /** True when the account has proven the address; read it again inside the transaction that relies on it (WEB-06). */
  async isProven(q: Queries, accountId: AccountId, email: Email): Promise<boolean> {
    return (await this.provenFolded(q, accountId)).includes(foldEmail(email));
  }

  /** The proven addresses of an account in the form under which they are compared (see `foldEmail`). */
  async provenFolded(q: Queries, accountId: AccountId): Promise<string[]> {
    const rows = await addressRows(q).where({ account_id: accountId }).whereNotNull('proven_at').orderBy('folded');
    return rows.map((row) => row.folded);
  }

  /**
   * Mails a code to an address, which joins the person's list unproven if it is not there yet; an earlier code for the
   * same purpose is void. Throws `too-many` beyond three an hour (WEB-08), `conflict` when there is nothing to prove.
   */
  async askCode(accountId: AccountId, email: Email, purpose: CodePurpose): Promise<void> {
    await this.#refuseNeedlessCode(accountId, email);
    const code = randomDigits(this.#random, CODE_DIGITS);
    await this.#database.write(async (trx) => {
      await this.#limiter.spend(`address-code:${accountId}`, CODES_MAILED, trx);
      await this.#claim(trx, accountId, email);
      await this.#storeCode(trx, { account_id: accountId, folded: foldEmail(email), purpose }, code);
      const data = { code, ...(await askerOf(trx, accountId)) };
      await this.#queueLetter(trx, { letter: 'address-code', to: email, data });
    });
  }

  /**
   * Proves an address with the code mailed for this account, address and purpose; it works once. `'refused'` whether
   * the code is wrong, late, used up or was never asked for. Throws `conflict` when another account has proven the
   * address meanwhile.
   */
  async prove(accountId: AccountId, email: Email, purpose: CodePurpose, code: string): Promise<'proven' | 'refused'> {
    const key = { account_id: accountId, folded: foldEmail(email), purpose };
    try {
      // A wrong try is counted by the same transaction, so it must commit: nothing is thrown for it.
      return await this.#database.write(async (trx) => {
        if (!(await this.#useCode(trx, key, code))) return 'refused';
        const { account_id, folded } = key;
        await this.#changes.tell(trx, accountId, { kind: 'address-added', email });
        const address = addressRows(trx).where({ account_id, folded }).whereNull('proven_at');
        await address.update({ proven_at: this.#clock.now() });
        return 'proven';
      });
    } catch (error) {
      if (isUniqueViolation(error)) throw new Failure('conflict', 'This address belongs to another account already.');
      throw error;
    }
  }

  /** Takes an address off the list; proposals for it can no longer be answered. The primary one stays (`conflict`). */
  async remove(accountId: AccountId, email: Email): Promise<void> {
    const key = { account_id: accountId, folded: foldEmail(email) };
    await this.#database.write(async (trx) => {
      const own = await this.#require(trx, accountId, email);
      if (own.isPrimary) throw new Failure('conflict', 'Make another address your primary one first.');
      // Nobody can have signed in by an unproven address, so no letter is needed.
      if (own.provenAt !== undefined) await this.#changes.tell(trx, accountId, { kind: 'address-removed', email });
      await addressRows(trx).where(key).delete();
      await trx('address_codes').where(key).delete();
    });
  }

  /** Makes a proven address the one that pages and peers are shown. Throws `conflict` while it is not proven. */
  async makePrimary(accountId: AccountId, email: Email): Promise<void> {
    await this.#database.write(async (trx) => {
      const own = await this.#require(trx, accountId, email);
      if (own.provenAt === undefined) throw new Failure('conflict', 'Prove this address first.');
      if (own.isPrimary) return;
      await this.#changes.tell(trx, accountId, { kind: 'main-address', email });
      const theirs = addressRows(trx).where({ account_id: accountId });
      await theirs.clone().update({ is_primary: false });
      await theirs.where({ folded: foldEmail(email) }).update({ is_primary: true });
    });
  }

  async #refuseNeedlessCode(accountId: AccountId, email: Email): Promise<void> {
    const known = await this.list(accountId);
    const own = known.find((address) => foldEmail(address.email) === foldEmail(email));
    if (own?.provenAt !== undefined) throw new Failure('conflict', 'This address is proven already.');
    if (own === undefined && known.length >= MAX_ADDRESSES) {
      throw new Failure('conflict', `An account has at most ${String(MAX_ADDRESSES)} addresses. Remove one first.`);
    }
  }

  async #claim(trx: Transaction, accountId: AccountId, email: Email): Promise<void> {
    const row = { account_id: accountId, email, folded: foldEmail(email), created_at: this.#clock.now() };
    await addressRows(trx).insert(row).onConflict(['account_id', 'folded']).ignore();
  }

  async #storeCode(trx: Transaction, key: CodeKey, code: string): Promise<void> {
    const expires_at = this.#clock.now() + CODE_LIFE;
    await trx('address_codes')
      .where({ account_id: key.account_id })
      .where('expires_at', '<=', this.#clock.now())
      .delete();
    await trx('address_codes')
      .insert({ ...key, code_hash: this.#hashOf(key, code), tries: 0, expires_at })
      .onConflict(['account_id', 'folded', 'purpose'])
      .merge();
  }

  /** Counts one try and answers whether the code fits; a code that fits is gone. */
  async #useCode(trx: Transaction, key: CodeKey, code: string): Promise<boolean> {
    const usable = trx('address_codes').where(key).where('tries', '<', CODE_TRIES);
    const [row] = await usable
      .where('expires_at', '>', this.#clock.now())
      .increment('tries', 1)
      .returning<{ code_hash: string }[]>('code_hash');
    if (row?.code_hash !== this.#hashOf(key, code.replace(/\s/g, ''))) return false;
    await trx('address_codes').where(key).delete();
    return true;
  }

  /** Keyed, so that the few possible codes cannot be tried against a stolen database (SEC-01). */
  #hashOf(key: CodeKey, code: string): string {
    return this.#sealer.digest(JSON.stringify([key.account_id, key.folded, key.purpose, code]), 'address-code');
  }

  async #require(q: Queries, accountId: AccountId, email: Email): Promise<Address> {
    const row = await addressRows(q)
      .where({ account_id: accountId, folded: foldEmail(email) })
      .first();
    if (row === undefined) throw notFound(`${email} is not one of your addresses.`);
    return addressOf(row);
  }
}

/** The person who asks for a code, as its letter names them (F-71). */
async function askerOf(q: Queries, accountId: AccountId): Promise<{ askerName: string; askerEmail: string }> {
  const [row] = await accountRows(q).where('accounts.id', accountId);
  if (row === undefined) throw notFound('There is no such account.');
  return { askerName: row.name, askerEmail: row.email };
}

function addressRows(q: Queries) {
  return q<AddressRow>('addresses');
}

function addressOf(row: AddressRow): Address {
  return {
    email: row.email as Email,
    isPrimary: Boolean(row.is_primary),
    provenAt: row.proven_at ?? undefined,
  };
}
