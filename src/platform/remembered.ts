import type { Database } from './database.js';

/** Answers a question from memory while nobody has committed anything since it was last asked. */
export type Remember = <T>(key: string, ask: () => Promise<T>) => Promise<T>;

/** Most answers that are kept; all are forgotten when there are more. */
const MOST = 10_000;

/**
 * A memory for answers that depend on the database alone, such as who holds a consumer key. An answer is given again
 * only while `database.version()` stays what it was before it was read, so it is never older than the last commit of
 * anybody (threat model G4). Where the engine does not tell, every question is asked.
 */
export function createMemory(database: Pick<Database, 'version'>): Remember {
  let known = new Map<string, unknown>();
  let version: number | undefined;
  return async <T>(key: string, ask: () => Promise<T>): Promise<T> => {
    const now = database.version();
    if (now !== version || known.size > MOST) {
      known = new Map();
      version = now;
    }
    if (now === undefined) return ask();
    if (known.has(key)) return known.get(key) as T;
    const memory = known;
    const answer = await ask();
    // A commit while it was read: nobody knows which side of it the answer shows.
    if (database.version() === now && memory === known) memory.set(key, answer);
    return answer;
  };
}
