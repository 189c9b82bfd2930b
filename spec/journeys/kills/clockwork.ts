import path from 'node:path';
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
export function forgetLimits(cloud: CloudProcess): void {
  inBooks(cloud, (database) => database.exec('delete from limits'));
}

/** Makes every waiting message due, as the passing of its backoff would: the retry table goes up to six hours. */
export function letBackoffPass(cloud: CloudProcess): void {
  forgetLimits(cloud);
  inBooks(cloud, (database) =>
    database.exec(`update deliveries set run_at = ${String(Date.now())} where state = 'queued'`),
  );
}

/** What waits at a cloud, in words. */
export function waitingAt(cloud: CloudProcess): string {
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

/** Looks into a cloud's database, or changes it, beside the running service. */
export function inBooks<T>({ dataDir }: CloudProcess, work: (database: Database.Database) => T): T {
  const database = new Database(path.join(dataDir, 'footbridge.sqlite'), { timeout: 5_000 });
  try {
    return work(database);
  } finally {
    database.close();
  }
}
