import { Failure, foldEmail, notFound, type AccountId, type Clock, type Email } from '../kernel/index.js';
import {
  cutPage,
  isUniqueViolation,
  pageOf,
  readRows,
  type Database,
  type ListOrder,
  type ListPage,
  type PageWish,
  type Transaction,
} from '../platform/index.js';

/** Somebody who was removed and whose files are still kept. */
export interface RemovedPerson {
  readonly id: AccountId;
  readonly name: string;
  /** Their primary address; undefined for those whom a release before this one removed. */
  readonly email: Email | undefined;
  /** Milliseconds. */
  readonly removedAt: number;
}

interface RemovedRow {
  id: AccountId;
  removed_at: number;
  removed_name: string | null;
  removed_email: Email | null;
}

const BY_REMOVAL: ListOrder = { at: 'removed_at', id: 'id', direction: 'desc' };

/** People who were removed, as long as they can be brought back: their files are the trash of the cloud. */
export class RemovedPeople {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(inputs: { database: Database; clock: Clock }) {
    this.#database = inputs.database;
    this.#clock = inputs.clock;
  }

  /** Everybody who can be brought back, the last one removed first. */
  async list(): Promise<RemovedPerson[]> {
    const rows = await this.#database
      .read<RemovedRow>('accounts')
      .whereNotNull('removed_at')
      .orderBy(['removed_at', 'id'])
      .select('id', 'removed_at', 'removed_name', 'removed_email');
    return rows.map(personOf).reverse();
  }

  /** One page of those who can be brought back, the last one removed first. */
  async page(wish: PageWish): Promise<ListPage<RemovedPerson>> {
    const removed = this.#database
      .read<RemovedRow>('accounts')
      .whereNotNull('removed_at')
      .whereNotNull('removed_email');
    const rows = (await cutPage(removed, BY_REMOVAL, wish).select('*')) as RemovedRow[];
    return pageOf(
      readRows(rows, ({ removed_at: at, id }) => ({ at, id }), personOf),
      wish,
    );
  }

  /** {@link restore} for one of {@link page}, under the address they had or another. */
  async bringBack(id: AccountId, as?: Email): Promise<RemovedPerson> {
    const row = await this.#database.read<RemovedRow>('accounts').where({ id }).first<RemovedRow | undefined>('*');
    const person = row === undefined ? undefined : personOf(row);
    if (person?.email === undefined) throw notFound('Nobody like that was removed lately.');
    await this.#restore(person, as ?? person.email);
    return person;
  }

  /**
   * Brings a person back with their files, under the address they had or another that counts as proven, from the beginning:
   * an administrator gives it, so links may go to it at once. Sessions, tokens, shares, password and role stay ended. Throws `not-found`, or `conflict` when the address belongs to somebody by now.
   */
  async restore(email: Email, as: Email = email): Promise<AccountId> {
    const person = (await this.list()).find((each) => each.email !== undefined && isSame(each.email, email));
    if (person === undefined) throw notFound(`Nobody with the address ${email} was removed lately.`);
    await this.#restore(person, as);
    return person.id;
  }

  async #restore(person: RemovedPerson, as: Email): Promise<void> {
    try {
      await this.#database.write((trx) => this.#readmit(trx, person, as));
    } catch (error) {
      if (isUniqueViolation(error))
        throw new Failure('conflict', `${as} belongs to another account. Name another one.`);
      throw error;
    }
  }

  /**
   * Who was removed before `time`, milliseconds, can no longer be brought back: `erase` makes their files go for good, and
   * then they are forgotten. One of whom nothing could be erased this time is tried again the next.
   */
  async eraseBefore(time: number, erase: (id: AccountId) => Promise<unknown>): Promise<void> {
    for (const id of await this.removedBefore(time)) {
      if (!(await this.giveUp(id, time))) continue;
      await erase(id);
      await this.forget(id);
    }
  }

  /** Those who were removed before this time, milliseconds. */
  async removedBefore(time: number): Promise<AccountId[]> {
    return this.#database.read<RemovedRow>('accounts').where('removed_at', '<=', time).pluck('id');
  }

  /**
   * From here on somebody can no longer be brought back: their files are about to be erased. False when they were brought
   * back since {@link removedBefore} named them.
   */
  async giveUp(id: AccountId, time: number): Promise<boolean> {
    const gone = await this.#database.write((trx) =>
      trx('accounts').where({ id }).where('removed_at', '<=', time).update({ removed_name: null, removed_email: null }),
    );
    return gone > 0;
  }

  /** Forgets who somebody was: their files are gone for good. */
  async forget(id: AccountId): Promise<void> {
    const nothing = { removed_at: null, removed_name: null, removed_email: null };
    await this.#database.write((trx) => trx('accounts').where({ id }).update(nothing));
  }

  async #readmit(trx: Transaction, { id, name }: RemovedPerson, email: Email): Promise<void> {
    const now = this.#clock.now();
    const back = { name, disabled_at: null, removed_at: null, removed_name: null, removed_email: null };
    const changed = await trx('accounts').where({ id }).whereNotNull('removed_email').update(back);
    if (changed === 0) throw notFound(`Nobody with the address ${email} was removed lately.`);
    const { created_at: madeAt }: { created_at: number } = await trx('accounts').where({ id }).first('created_at');
    const home = { account_id: id, email, folded: foldEmail(email) };
    await trx('addresses').insert({ ...home, is_primary: true, proven_at: madeAt, created_at: now });
  }
}

function isSame(one: Email, other: Email): boolean {
  return foldEmail(one) === foldEmail(other);
}

function personOf(row: RemovedRow): RemovedPerson {
  const { id, removed_at: removedAt, removed_name: name, removed_email: email } = row;
  return { id, name: name ?? '', email: email ?? undefined, removedAt };
}
