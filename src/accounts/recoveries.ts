import type { AccountId, Clock } from '../kernel/index.js';
import type { Database, Queries, Sealer, Transaction } from '../platform/index.js';
import type { Accounts } from './accounts.js';
import type { PasswordLinks } from './password-links.js';
import { endSessions } from './sessions.js';
import { changeHash } from './notices/change-notices.js';
import type { AddressRow } from './notices/settled.js';

/** A change that can still be taken back. */
export interface RecoverableChange {
  readonly name: string;
  /** A sentence. */
  readonly change: string;
  /** Milliseconds. */
  readonly at: number;
}

/** What {@link Recoveries} work with. */
export interface RecoveriesInputs {
  readonly database: Database;
  readonly clock: Clock;
  readonly sealer: Pick<Sealer, 'digest'>;
  readonly accounts: Pick<Accounts, 'byId'>;
  readonly passwordLinks: Pick<PasswordLinks, 'issueIn'>;
  /** Ends what apps were given since a time, in the transaction that takes the account back. */
  readonly endApps: (trx: Transaction, accountId: AccountId, since: number) => Promise<void>;
}

interface ChangeRow {
  readonly token_hash: string;
  readonly account_id: AccountId;
  readonly change: string;
  readonly addresses: string;
  readonly at: number;
}

/** Taking an account back after a change that its owner did not make: the links of {@link ChangeNotices}. */
export class Recoveries {
  readonly #inputs: RecoveriesInputs;

  constructor(inputs: RecoveriesInputs) {
    this.#inputs = inputs;
  }

  /** What a link would undo; undefined for one that is unknown, used or late. Changes nothing (G3). */
  async view(token: string): Promise<RecoverableChange | undefined> {
    const row = await this.#find(this.#inputs.database.read, token);
    const account = row === undefined ? undefined : await this.#inputs.accounts.byId(row.account_id);
    if (row === undefined || account === undefined || account.disabled) return undefined;
    return { name: account.name, change: row.change, at: row.at };
  }

  /**
   * Restores the account as it was before the change, including all later changes: its addresses are those of that
   * time, apps connected since are ended, the password is void, and all sessions end. Answers the token of a one-time
   * link to choose a new password; undefined as for {@link view}. It works once.
   */
  async restore(token: string): Promise<string | undefined> {
    if ((await this.view(token)) === undefined) return undefined;
    const { database, passwordLinks, endApps } = this.#inputs;
    return database.write(async (trx) => {
      const row = await this.#find(trx, token);
      if (row === undefined) return undefined;
      const { account_id: id, at } = row;
      await trx('account_changes').where({ account_id: id }).where('at', '>=', at).delete();
      await restoreAddresses(trx, id, JSON.parse(row.addresses) as AddressRow[]);
      await endApps(trx, id, at);
      await trx('accounts').where({ id }).update({ password_hash: null });
      for (const table of ['password_links', 'address_codes']) await trx(table).where({ account_id: id }).delete();
      await endSessions(trx, id);
      return passwordLinks.issueIn(trx, id);
    });
  }

  async #find(q: Queries, token: string): Promise<ChangeRow | undefined> {
    const { clock, sealer } = this.#inputs;
    const live = q<ChangeRow>('account_changes').where({ token_hash: changeHash(sealer, token) });
    return live.where('expires_at', '>', clock.now()).first();
  }
}

/** The proven addresses as they were; one that somebody else has proven since stays theirs. */
async function restoreAddresses(trx: Transaction, accountId: AccountId, before: readonly AddressRow[]): Promise<void> {
  const taken = await trx<AddressRow>('addresses')
    .whereIn(
      'folded',
      before.map(({ folded }) => folded),
    )
    .whereNot({ account_id: accountId })
    .whereNotNull('proven_at')
    .pluck<string[]>('folded');
  const back = before.filter(({ folded, proven_at }) => proven_at !== null && !taken.includes(folded));
  // An account needs a primary address.
  const main = back.find(({ is_primary }) => Boolean(is_primary)) ?? back[0];
  if (main === undefined) return;
  await trx('addresses').where({ account_id: accountId }).delete();
  for (const row of back) await trx('addresses').insert({ ...row, is_primary: row === main });
}
