import type { Knex } from 'knex';
import { placeholders, rowsOf, type Value } from '../platform/index.js';
import { nonceTableOf, type NonceRow, type NonceTable } from './nonce-table.js';

interface Waiter {
  readonly row: NonceRow;
  readonly resolve: (isNew: boolean) => void;
  readonly reject: (error: unknown) => void;
}

/** Most rows of one statement, so that few different ones are kept prepared. */
const MOST = 32;

/** The statement that inserts so many rows and answers the ids of those that were new. */
function insertOf({ name, columns, key }: NonceTable, count: number): string {
  const row = `(${placeholders(columns.length)})`;
  return `insert into ${name} (${columns.join(', ')}) values ${Array<string>(count).fill(row).join(', ')}
     on conflict (${key.join(', ')}) do nothing returning id`;
}

/**
 * Gathers the inserts of one round of the event loop into one statement, which costs little more for many rows than for
 * one.
 */
export class NonceBatches {
  readonly #knex: Knex;
  readonly #columns: NonceTable['columns'];
  readonly #inserts: readonly string[];
  #waiting: Waiter[] = [];

  constructor(knex: Knex) {
    this.#knex = knex;
    const table = nonceTableOf(knex);
    this.#columns = table.columns;
    this.#inserts = Array.from({ length: MOST + 1 }, (_, count) => insertOf(table, count));
  }

  /**
   * True once the row is in the table and was not before, false when it was; of equal rows one alone is new. Rejects with
   * the database's error when nothing of the batch was written.
   */
  insert(row: NonceRow): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ row, resolve, reject });
      if (this.#waiting.length === 1) setImmediate(() => void this.#flush());
    });
  }

  /** Writes rows whose result is not needed, unless they exist. Rejects when some could not be written. */
  async insertMany(rows: readonly NonceRow[]): Promise<void> {
    for (let start = 0; start < rows.length; start += MOST) await this.#insert(rows.slice(start, start + MOST));
  }

  async #flush(): Promise<void> {
    const all = this.#waiting;
    this.#waiting = [];
    for (let start = 0; start < all.length; start += MOST) await this.#write(all.slice(start, start + MOST));
  }

  async #write(batch: readonly Waiter[]): Promise<void> {
    try {
      const fresh = await this.#insert(batch.map(({ row }) => row));
      // The first of equal rows takes what was new.
      for (const { row, resolve } of batch) resolve(fresh.delete(row.id));
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  /** In the order of their ids: two processes that insert the same rows wait for each other in one direction alone. */
  async #insert(rows: readonly NonceRow[]): Promise<Set<string>> {
    const ordered = rows.length === 1 ? rows : [...rows].sort((a, b) => (a.id < b.id ? -1 : 1));
    const values = ordered.flatMap((row) => this.#columns.map((column): Value => row[column]));
    const inserted = await rowsOf<{ id: string }>(this.#knex, this.#inserts[rows.length] ?? '', values);
    return new Set(inserted.map(({ id }) => id));
  }
}
