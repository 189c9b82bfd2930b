import type { Database } from '../../src/platform/index.js';
import { inRows } from './books.js';
import { expectSound } from './checks.js';
import { fillPeers, fillPeople, fillQueue } from './neighbour-rows.js';
import { fillIncoming, fillOutgoing } from './share-rows.js';
import type { Size } from './sizes.js';
import type { Prepared, Side } from './stage.js';
import { fillTree, type Tree } from './tree-rows.js';

/** A cloud with all its rows, up again. */
export interface Filled extends Side {
  readonly size: Size;
  readonly tree: Tree;
}

/** Memory that SQLite keeps pages in while it is filled, KiB. */
const CACHE = 768 * 1024;

/** Copies what the product made until the cloud is as large as wanted, in one transaction, and starts it again. */
export async function fill({ models, ...side }: Prepared, size: Size): Promise<Filled> {
  const started = performance.now();
  const tree = await inRows(side.books, async (database) => {
    const filled = await database.job(async (trx) => {
      // With less, pages of indexes that do not fit would be written again and again.
      if (database.engine === 'sqlite') await trx.raw(`pragma cache_size = -${CACHE}`);
      await fillPeople(trx, models, size);
      await fillPeers(trx, models, size);
      const leaves = await fillTree(trx, models, size);
      await fillOutgoing(trx, models, leaves, size);
      await fillIncoming(trx, models, size);
      await fillQueue(trx, models, size);
      return leaves;
    });
    await settle(database);
    await expectSound(database, models, size);
    return filled;
  });
  console.log(`${size.name}: made in ${((performance.now() - started) / 1000).toFixed(0)} s`);
  await side.cloud.start();
  return { ...side, size, tree };
}

/**
 * Does at once what the database would do later: PostgreSQL gathers statistics and vacuums, SQLite moves its log into
 * the file.
 */
async function settle({ engine, read }: Database): Promise<void> {
  await read.raw(engine === 'postgres' ? 'vacuum analyze' : 'pragma wal_checkpoint(truncate)');
}
