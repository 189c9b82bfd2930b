import { join } from 'node:path';
import type { Knex } from 'knex';
import type { Config } from '../../config/index.js';
import type { Clock } from '../../kernel/index.js';
import { createNonceTable, hasNonceTable, KnexNonceStore } from '../../oauth1/index.js';
import { sqliteKnex, underSchemaLock, type Database, type Log } from '../../platform/index.js';

interface NonceInputs {
  readonly config: Config;
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Replay protection survives a killed process but costs no sync per request: on SQLite it has a file of its own
 * (docs/decisions 0014). On PostgreSQL all replicas share one table.
 */
export async function openNonces(inputs: NonceInputs): Promise<{ store: KnexNonceStore; close(): Promise<void> }> {
  const { config, database } = inputs;
  if (config.database.engine === 'postgres') {
    const knex = database.read;
    if (!(await hasNonceTable(knex))) await underSchemaLock(database, (trx) => createNonceTable(trx));
    return { store: storeIn(knex, inputs), close: () => Promise.resolve() };
  }
  const knex = sqliteKnex({
    file: join(config.dataDir, 'nonces.sqlite'),
    driver: config.database.driver,
    synchronous: 'NORMAL',
    connections: 1,
    // Every request adds a few pages: with SQLite's default each five hundredth would wait for a sync.
    checkpoint: 8_000,
  });
  if (!(await hasNonceTable(knex))) await underSchemaLock(database, () => createNonceTable(knex));
  return { store: storeIn(knex, inputs), close: () => knex.destroy() };
}

function storeIn(knex: Knex, { clock, log }: NonceInputs): KnexNonceStore {
  return new KnexNonceStore({
    knex,
    clock,
    onSpare: (inMemory) => {
      if (inMemory) log.error('nonces are kept in memory: the disk is full, and a killed process would forget them');
      else log.warn('nonces are on the disk again');
    },
  });
}
