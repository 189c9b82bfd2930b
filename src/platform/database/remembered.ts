import type { Database } from './database.js';

/** Answers a question from memory until anybody commits. */
export type Remember = <T>(key: string, ask: () => Promise<T>) => Promise<T>;

/** Most answers that are kept; all are forgotten when there are more. */
const MOST = 10_000;

/**
 * Caches answers that depend on the database only, such as whose a consumer key is. A cached answer is used only while
 * `database.version()` is the same as before it was read, so it is never older than the last commit (threat model G4).
 * Where the engine has no version, nothing is cached.
 */
export function createMemory(database: Pick<Database, 'version'>): Remember {
  const answers = new RowMemory<unknown>(database, MOST);
  return async <T>(key: string, ask: () => Promise<T>): Promise<T> => {
    const known = answers.open();
    if (known.has(key)) return known.get(key) as T;
    const answer = await ask();
    // Was there a commit meanwhile, the answer may be from before it; but then the next caller opens another map.
    known.set(key, answer);
    return answer;
  };
}

/**
 * Rows by name that hold until anybody commits, as those of {@link createMemory} do, at most so many of them. A map must be
 * taken before the rows for it are read: then no commit lies between the two.
 */
export class RowMemory<Row> {
  readonly #database: Pick<Database, 'version'>;
  readonly #most: number;
  #rows = new Map<string, Row>();
  #version: number | undefined;

  constructor(database: Pick<Database, 'version'>, most: number) {
    this.#database = database;
    this.#most = most;
  }

  /** What is known now; to be filled with what is read from now on. Where the engine has no version: a new one each time. */
  open(): Map<string, Row> {
    const now = this.#database.version();
    if (now === undefined || now !== this.#version || this.#rows.size > this.#most) {
      this.#rows = new Map();
      this.#version = now;
    }
    return this.#rows;
  }
}
