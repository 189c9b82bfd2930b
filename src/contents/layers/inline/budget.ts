import { keepMeta, metaValue, type Database } from '../../../platform/index.js';

/** The row of `meta` with the result of the last count, so that a start need not count. */
const KEY = 'inline-bytes';

/**
 * How many bytes small contents may still take in the database. Each sweep counts them; in between every process adds
 * only its own, so that several processes may pass the limit by what they write within the hour.
 */
export class InlineBudget {
  readonly #database: Database;
  readonly #limit: number;
  #bytes: number | undefined;

  /** `limit`: bytes; 0: no contents may be stored in the database. */
  constructor(database: Database, limit: number) {
    this.#database = database;
    this.#limit = limit;
  }

  /** Whether the limit is not reached. */
  async isThere(): Promise<boolean> {
    if (this.#limit === 0) return false;
    this.#bytes ??= await this.#lastCount();
    return this.#bytes < this.#limit;
  }

  /** To be called when this process has stored that many more bytes. */
  taken(bytes: number): void {
    if (this.#bytes !== undefined) this.#bytes += bytes;
  }

  /** Sets the number of bytes, as a sweep has just counted it, and stores it. */
  async count(bytes: number): Promise<void> {
    this.#bytes = bytes;
    await this.#database.vital((trx) => keepMeta(trx, KEY, String(bytes)));
  }

  async #lastCount(): Promise<number> {
    return Number((await metaValue(this.#database.read, KEY)) ?? 0);
  }
}
