import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import Database from 'better-sqlite3';
import type { CloudProcess } from '../../support/cloud-process.js';

/** A message that a cloud has not got rid of, as a failing spec shows it. */
interface Waiting {
  readonly kind: string;
  readonly state: string;
  readonly attempts: number;
  readonly last_answer: string | null;
  readonly seconds: number;
}

/** Jobs follow each other faster than people share: what limits them counts by the hour. */
export async function forgetLimits(cloud: CloudProcess): Promise<void> {
  await inBooks(cloud, (database) => database.exec('delete from limits'));
}

/** Makes every waiting message due, as the passing of its backoff would: the retry table goes up to six hours. */
export async function letBackoffPass(cloud: CloudProcess): Promise<void> {
  await forgetLimits(cloud);
  await inBooks(cloud, (database) =>
    database.exec(`update deliveries set run_at = ${String(Date.now())} where state = 'queued'`),
  );
}

/** Longer than two clouds take to start, milliseconds. */
const START = 60_000;

/** Keeps a cloud that is down from sending what waits before the other one can be up, too. */
export async function holdMessages(cloud: CloudProcess): Promise<void> {
  await inBooks(cloud, (database) =>
    database.exec(`update deliveries set run_at = ${String(Date.now() + START)} where state = 'queued'`),
  );
}

/** What waits at a cloud, in words. */
export async function waitingAt(cloud: CloudProcess): Promise<string> {
  return inBooks(cloud, (database) => {
    const rows = database
      .prepare('select kind, state, attempts, last_answer, (run_at - ?) / 1000 as seconds from deliveries')
      .all(Date.now()) as Waiting[];
    return rows
      .map(
        (row) =>
          `${cloud.name} ${row.kind} ${row.state} after ${String(row.attempts)}, in ${String(row.seconds)} s: ${row.last_answer ?? ''}`,
      )
      .join('\n');
  });
}

/** How long somebody else may write before we give up, and how often we look, milliseconds. */
const PATIENCE = { deadline: 10_000, every: 5 };

/**
 * Looks into a cloud's database, or changes it, beside the running service, as one transaction: `work` is done again when
 * somebody else was writing. SQLite itself must not wait for that: the writer may be in this process, as an operator's
 * command is, and could not go on.
 */
export async function inBooks<T>({ dataDir }: CloudProcess, work: (database: Database.Database) => T): Promise<T> {
  const database = new Database(path.join(dataDir, 'footbridge.sqlite'), { timeout: 0 });
  const end = performance.now() + PATIENCE.deadline;
  try {
    for (;;) {
      try {
        return database.transaction(work)(database);
      } catch (error) {
        if (!isBusy(error) || performance.now() > end) throw error;
        await pause(PATIENCE.every);
      }
    }
  } finally {
    database.close();
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY');
}
