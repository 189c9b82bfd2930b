import type { Database } from '../database/database.js';
import { isDiskFull } from '../troubles.js';
import { diskFull } from './disk-full.js';
import type { DiskReserve } from './disk-reserve.js';

/**
 * A database with a reserve: while the disk is full, `write` throws `full` and `vital` uses the reserve (ruling F-62).
 */
export function withReserve(database: Database, reserve: DiskReserve): Database {
  return {
    ...database,
    async write(work, tree) {
      reserve.requireSpace();
      try {
        return await database.write(work, tree);
      } catch (error) {
        if (!isDiskFull(error)) throw error;
        reserve.noteFull();
        throw diskFull(error);
      }
    },
    vital: (work, tree) => vital(reserve, () => database.vital(work, tree)),
  };
}

/** Tries again with each piece of the reserve; a transaction that found the disk full has left nothing. */
async function vital<T>(reserve: DiskReserve, attempt: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      if (!(await reserve.giveBack())) throw diskFull(error);
    }
  }
}
