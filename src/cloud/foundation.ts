import { basename, join } from 'node:path';
import { migrations } from '../../migrations/index.js';
import type { Config } from '../config/index.js';
import { CachedContentStore, DiskContentStore, type ContentStore } from '../contents/index.js';
import type { Clock, Random } from '../kernel/index.js';
import { createNonceTable, KnexNonceStore, type NonceStore } from '../oauth1/index.js';
import {
  checkCanary,
  createLimiter,
  createLog,
  createOutbound,
  createSealer,
  loadSecretKey,
  migrate,
  openDatabase,
  parsePeerExceptions,
  sqliteKnex,
  systemClock,
  systemRandom,
  type Database,
  type Limiter,
  type Log,
  type Outbound,
  type Sealer,
} from '../platform/index.js';

/** What tests hand in instead of the real thing. */
export interface Overrides {
  readonly clock?: Clock;
  readonly random?: Random;
  readonly log?: Log;
  /** Told of every outgoing connection. */
  readonly onConnect?: (origin: string, address: string) => void;
}

/** What every room stands on: time, chance, database, secrets, contents, the one way out. */
export interface Foundation {
  readonly config: Config;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly database: Database;
  readonly sealer: Sealer;
  readonly limiter: Limiter;
  readonly contents: ContentStore;
  readonly nonces: NonceStore;
  readonly outbound: Outbound;
  /** Closes database and connections, in that order reversed. */
  close(): Promise<void>;
}

/** Opens what a cloud stands on; the schema is brought up to date and the secret key proved to be the right one. */
export async function openFoundation(config: Config, overrides: Overrides): Promise<Foundation> {
  const clock = overrides.clock ?? systemClock;
  const random = overrides.random ?? systemRandom;
  const log = overrides.log ?? createLog(config.logLevel);
  // The key comes first: a data folder that is in use but has lost its key is refused (SEC-03).
  const sealer = createSealer(await secretKeyOf(config, random), random);
  const opened = new Closers();
  try {
    const database = opened.keep(await openDatabase(config.database));
    await migrate(database, migrations);
    await proveKey(database, sealer);
    const contents = new CachedContentStore(await openDisk(config, random, log));
    const nonces = opened.keep(await openNonces(config, database, clock));
    const outbound = opened.keep(openWayOut(config, overrides));
    const limiter = createLimiter(database, clock);
    const close = (): Promise<void> => opened.close();
    return { config, clock, random, log, database, sealer, contents, outbound, limiter, nonces: nonces.store, close };
  } catch (error) {
    // A start that is refused must let the process end.
    await opened.close();
    throw error;
  }
}

/** What has been opened so far, closed in the opposite order. */
class Closers {
  readonly #opened: { close(): Promise<void> }[] = [];

  keep<T extends { close(): Promise<void> }>(thing: T): T {
    this.#opened.push(thing);
    return thing;
  }

  async close(): Promise<void> {
    for (const thing of this.#opened.splice(0).reverse()) await thing.close();
  }
}

function openDisk({ storageDir }: Config, random: Random, log: Log): Promise<DiskContentStore> {
  return DiskContentStore.create({
    folder: storageDir,
    random,
    onTrouble: (trouble) => {
      log.error(trouble, 'trouble with stored contents');
    },
  });
}

function openWayOut({ allowInsecurePeers, peerExceptions }: Config, { onConnect }: Overrides): Outbound {
  return createOutbound({
    allowInsecure: allowInsecurePeers,
    exceptions: parsePeerExceptions(peerExceptions),
    ...(onConnect === undefined ? {} : { onConnect }),
  });
}

/**
 * The secret key of a cloud, made now when its data folder has no database yet. A mounted volume may hold files of its
 * own; only a database without its key is a loss.
 */
export function secretKeyOf(config: Config, random: Random): Promise<Buffer> {
  return loadSecretKey({
    text: config.secretKey,
    folder: config.dataDir,
    random,
    usedWhen: config.database.engine === 'sqlite' ? [basename(config.database.file)] : [],
  });
}

/** Refuses to start with another key than the one that sealed what is stored (threat model SEC-03). */
async function proveKey(database: Database, sealer: Sealer): Promise<void> {
  await database.write(async (trx) => {
    const row = await trx('meta').where({ key: 'canary' }).first<{ value: string } | undefined>('value');
    const value = checkCanary(row?.value, sealer);
    if (row === undefined) await trx('meta').insert({ key: 'canary', value }).onConflict('key').ignore();
  });
}

/**
 * Replay protection survives a killed process but costs no sync per request: on SQLite it has a file of its own
 * (docs/decisions). On PostgreSQL all replicas share one table.
 */
async function openNonces(
  config: Config,
  database: Database,
  clock: Clock,
): Promise<{ store: NonceStore; close(): Promise<void> }> {
  if (config.database.engine === 'postgres') {
    await database.write((trx) => createNonceTable(trx));
    return { store: new KnexNonceStore({ knex: database.read, clock }), close: () => Promise.resolve() };
  }
  const knex = sqliteKnex({
    file: join(config.dataDir, 'nonces.sqlite'),
    driver: config.database.driver,
    synchronous: 'NORMAL',
    connections: 1,
    // Every request adds a few pages: with SQLite's default each five hundredth would wait for a sync.
    checkpoint: 8_000,
  });
  await createNonceTable(knex);
  return { store: new KnexNonceStore({ knex, clock }), close: () => knex.destroy() };
}
