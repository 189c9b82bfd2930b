import type { Transaction } from '../src/platform/index.js';

/** The time that the database has, milliseconds: what a step writes about "now", without a clock of the program. */
export async function databaseTime(trx: Transaction): Promise<number> {
  const [row]: { now: string | Date }[] = await trx.select({ now: trx.raw('current_timestamp') });
  const now = row?.now ?? '';
  // SQLite says it in UTC, as text.
  return now instanceof Date ? now.getTime() : Date.parse(`${now.replace(' ', 'T')}Z`);
}
