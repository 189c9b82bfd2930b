import { HOUR, type AccountId, type Clock } from '../kernel/index.js';
import { askedBy, type Database } from '../platform/index.js';

/** Credentials that were just verified. */
export interface UsedKey {
  readonly id: string;
  readonly accountId: AccountId;
  /** Milliseconds; undefined until the first use. */
  readonly lastUsedAt: number | undefined;
}

/**
 * Notes in a table with `id` and `last_used_at` when a key was last used, at most once an hour and without making the
 * request wait: a polling client does not write (reliability.md 5). A note that fails is lost.
 */
export class LastUsed {
  readonly #table: string;
  readonly #inputs: { readonly database: Database; readonly clock: Clock };
  readonly #notes = new Map<string, Promise<unknown>>();

  constructor(table: string, inputs: { readonly database: Database; readonly clock: Clock }) {
    this.#table = table;
    this.#inputs = inputs;
  }

  /** Notes the use of a key; answers at once. */
  touch({ id, accountId, lastUsedAt }: UsedKey): void {
    const { database, clock } = this.#inputs;
    const now = clock.now();
    if (this.#notes.has(id) || (lastUsedAt !== undefined && now - lastUsedAt < HOUR)) return;
    const write = (): Promise<unknown> =>
      database.write((trx) => trx(this.#table).where({ id }).update({ last_used_at: now }));
    const note = askedBy(`person:${accountId}`, write)
      .catch(() => undefined)
      .finally(() => this.#notes.delete(id));
    this.#notes.set(id, note);
  }

  /** Resolves when no note is under way, as before the database is closed. */
  async settled(): Promise<void> {
    await Promise.all(this.#notes.values());
  }
}
