import { foldEmail, notFound, type AccountId, type Clock, type Email } from '../kernel/index.js';
import type { Database, Queries, Sealer, Transaction } from '../platform/index.js';
import { LETTER_KINDS, type LetterKind } from './letters.js';

/** Letters that somebody can turn off. */
export type Stoppable =
  /** Those of one kind to a person of this cloud. */
  | { readonly kind: 'letters'; readonly accountId: AccountId; readonly letters: LetterKind }
  /** Invitations to an address, whoever sends them. */
  | { readonly kind: 'invitations'; readonly to: Email };

/** The sealing context of stop links, so that no other sealed text can be used as one. */
const STOP = 'mail.stop';

/**
 * Which letters people have turned off. The link at the foot of a letter turns them off without signing in: its last
 * part is the sealed setting itself, so that nobody can forge one, and no row is needed for it (PRO-09).
 */
export class LetterWishes {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #sealer: Sealer;

  constructor(inputs: { database: Database; clock: Clock; sealer: Sealer }) {
    this.#database = inputs.database;
    this.#clock = inputs.clock;
    this.#sealer = inputs.sealer;
  }

  /** The last part of the link with which these letters are stopped. */
  tokenFor(letters: Stoppable): string {
    return this.#sealer.seal(JSON.stringify(letters), STOP);
  }

  /** What a link stops; `not-found` for a token that we did not make. Changes nothing. */
  read(token: string): Stoppable {
    try {
      return JSON.parse(this.#sealer.open(token, STOP)) as Stoppable;
    } catch {
      throw notFound('This link is not valid. Open it from the mail once more, or copy it whole.');
    }
  }

  /** Stops letters, or sends them again; the same again changes nothing. */
  async wish(letters: Stoppable, wanted: boolean): Promise<void> {
    await this.#database.write((trx) => this.#set(trx, letters, wanted));
  }

  /** True when these letters are not to be sent. */
  async isStopped(letters: Stoppable, q: Queries = this.#database.read): Promise<boolean> {
    const { table, row } = this.#place(letters);
    return (await q(table).where(row).first('since')) !== undefined;
  }

  /** The kinds of letters that a person gets. */
  async wantedBy(accountId: AccountId): Promise<readonly LetterKind[]> {
    const unwanted = this.#database.read('unwanted_letters').where({ account_id: accountId });
    const kinds = new Set<string>(await unwanted.pluck('kind'));
    return LETTER_KINDS.filter((kind) => !kinds.has(kind));
  }

  /** Sets all of a person's wishes at once: they get these kinds of letters and no others. */
  async choose(accountId: AccountId, wanted: readonly LetterKind[]): Promise<void> {
    await this.#database.write(async (trx) => {
      for (const letters of LETTER_KINDS) {
        await this.#set(trx, { kind: 'letters', accountId, letters }, wanted.includes(letters));
      }
    });
  }

  async #set(trx: Transaction, letters: Stoppable, wanted: boolean): Promise<void> {
    const { table, row } = this.#place(letters);
    if (wanted) await trx(table).where(row).delete();
    else {
      const stopped = { ...row, since: this.#clock.now() };
      await trx(table).insert(stopped).onConflict(Object.keys(row)).ignore();
    }
  }

  /** Where a wish is kept; addresses as keyed digests, so that the table tells nobody who they are. */
  #place(letters: Stoppable): { table: string; row: Readonly<Record<string, string>> } {
    return letters.kind === 'letters'
      ? { table: 'unwanted_letters', row: { account_id: letters.accountId, kind: letters.letters } }
      : {
          table: 'unwanted_invitations',
          row: { address_digest: this.#sealer.digest(foldEmail(letters.to), 'unwanted-invitations') },
        };
  }
}
