import { createRequire } from 'node:module';
import { Failure } from '../../../kernel/index.js';

/** The two packages that can open a SQLite file (docs/decisions: better-sqlite3 is the default). */
export type SqliteDriver = 'better-sqlite3' | 'sqlite3';

const load = createRequire(import.meta.url);

/** Makes a driver load its native module. */
const TRY_OUT: Readonly<Record<SqliteDriver, () => void>> = {
  'better-sqlite3': () => {
    const InMemory = load('better-sqlite3') as new (file: string) => { close(): void };
    new InMemory(':memory:').close();
  },
  sqlite3: () => void load('sqlite3'),
};

/**
 * Throws when the driver's native module is missing, or was compiled for another Node.js or system, for example after
 * an upgrade; the message says what to do (ruling F-57). Costs less than a millisecond beside the loading, which is
 * needed anyway.
 */
export function assertDriverLoads(driver: SqliteDriver): void {
  try {
    TRY_OUT[driver]();
  } catch (cause) {
    throw new Failure(
      'internal',
      `The SQLite driver ${driver} was not built for this Node.js (${process.version}): ` +
        `run "npm rebuild ${driver}" in the folder of this program with the same Node.js, then start again.`,
      { cause, detail: firstLine(cause) },
    );
  }
}

function firstLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split('\n', 1)[0] ?? '';
}
