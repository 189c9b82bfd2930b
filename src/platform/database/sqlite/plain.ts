import type { SqliteDriver } from './driver.js';

/** What the connections of both drivers can do: run statements that answer nothing. */
export interface PlainConnection {
  exec(sql: string, done?: (error: Error | null) => void): unknown;
}

/** Runs statements past the query builder. Rejects with what SQLite says. */
export async function runPlain(driver: SqliteDriver, connection: PlainConnection, sql: string): Promise<void> {
  if (driver === 'better-sqlite3') {
    connection.exec(sql);
    return;
  }
  await new Promise<void>((resolve, reject) => {
    connection.exec(sql, (error) => {
      if (error === null) resolve();
      else reject(error);
    });
  });
}
