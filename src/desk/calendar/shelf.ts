import { invalid, type AccountId } from '../../kernel/index.js';
import type { Database, Queries, Transaction } from '../../platform/index.js';
import type { WithStatus } from './calendar.js';
import { checkTexts } from '../texts.js';

/** Rows read at a time. */
const PAGE = 200;

/** One kind of thing that accounts keep, in a table whose columns are called like its fields. */
interface ShelfOptions<T, Key extends keyof T & string> {
  readonly table: string;
  /** What one is called in refusals. */
  readonly what: string;
  /** The fields that name one among those of its account; none may be empty. */
  readonly key: readonly Key[];
  /** The other fields. */
  readonly rest: readonly Exclude<keyof T & string, Key>[];
  /** How many there may be that have the same values in these fields; no fields: in the whole account. */
  readonly limits: readonly { readonly most: number; readonly alike: readonly Key[] }[];
}

/** Stores things of one kind per account; rows of other accounts are not visible to it. */
export class Shelf<T extends object, Key extends keyof T & string> {
  readonly #database: Database;
  readonly #is: ShelfOptions<T, Key>;

  constructor(database: Database, options: ShelfOptions<T, Key>) {
    this.#database = database;
    this.#is = options;
  }

  /** Makes one, or changes the one of its name; `change`: `invalid` when there is none. */
  async save(accountId: AccountId, thing: T, how: 'make' | 'change'): Promise<WithStatus<T>> {
    const { table, what, key } = this.#is;
    checkTexts(thing, key);
    return this.#database.write(async (trx) => {
      await lockAccount(trx, accountId);
      const named = this.#named(trx, accountId, thing);
      const isNew = (await named.clone().first('id')) === undefined;
      if (isNew && how === 'change') throw invalid(`There is no such ${what}.`);
      const kept = { ...thing, status: isNew ? ('NEW' as const) : ('CHANGED' as const) };
      if (isNew) await this.#refuseTooMany(trx, accountId, thing);
      if (isNew) await trx(table).insert({ account_id: accountId, ...kept });
      else await named.update(kept);
      return kept;
    });
  }

  /** All that have these values, oldest first; holds one page at a time. */
  async *list(accountId: AccountId, alike: Partial<T>): AsyncGenerator<WithStatus<T>> {
    for (let after = 0; ;) {
      const rows = (await this.#all(this.#database.read, accountId, alike)
        .andWhere('id', '>', after)
        .orderBy('id')
        .limit(PAGE)) as { id: number }[];
      for (const row of rows) yield this.#read(row);
      const last = rows[PAGE - 1];
      if (last === undefined) return;
      after = last.id;
    }
  }

  /** Takes one away inside the caller's transaction and answers it; `invalid` when there is none. */
  async remove(trx: Transaction, accountId: AccountId, ref: Pick<T, Key>): Promise<WithStatus<T>> {
    const named = this.#named(trx, accountId, ref);
    const row = (await named.clone().first()) as object | undefined;
    if (row === undefined) throw invalid(`There is no such ${this.#is.what}.`);
    await named.delete();
    return { ...this.#read(row), status: 'DELETED' };
  }

  /** Takes all away that have these values. */
  async clear(trx: Transaction, accountId: AccountId, alike: Partial<T>): Promise<void> {
    await this.#all(trx, accountId, alike).delete();
  }

  #all(q: Queries, accountId: AccountId, alike: Partial<T>) {
    checkTexts(alike, []);
    return q(this.#is.table).where({ account_id: accountId, ...alike });
  }

  #named(q: Queries, accountId: AccountId, thing: Pick<T, Key>) {
    return this.#all(q, accountId, pick(thing, this.#is.key) as Partial<T>);
  }

  async #refuseTooMany(trx: Transaction, accountId: AccountId, thing: T): Promise<void> {
    for (const { most, alike } of this.#is.limits) {
      const row = await this.#all(trx, accountId, pick(thing, alike) as Partial<T>)
        .count({ count: '*' })
        .first();
      if (Number(row?.['count'] ?? 0) >= most) throw invalid(`There are ${String(most)} ${this.#is.what}s already.`);
    }
  }

  #read(row: object): WithStatus<T> {
    const { key, rest } = this.#is;
    return pick(row as WithStatus<T>, [...key, ...rest, 'status']) as WithStatus<T>;
  }
}

/** Lets one change at a time run per account, so that limits hold. */
async function lockAccount(trx: Transaction, accountId: AccountId): Promise<void> {
  await trx('accounts').where({ id: accountId }).forNoKeyUpdate().first('id');
}

function pick<T, K extends keyof T>(from: T, fields: readonly K[]): Pick<T, K> {
  return Object.fromEntries(fields.map((field) => [field, from[field]])) as unknown as Pick<T, K>;
}
