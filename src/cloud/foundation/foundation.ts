import { basename, dirname } from 'node:path';
import { migrations } from '../../../migrations/index.js';
import type { Config } from '../../config/index.js';
import type { JoiningStore, StorageOpening } from '../../contents/index.js';
import type { Clock, Random } from '../../kernel/index.js';
import type { NonceStore } from '../../oauth1/index.js';
import {
  createLimiter,
  createLog,
  createMemory,
  createOutbound,
  createSealer,
  DiskReserve,
  HashThread,
  loadSecretKey,
  migrate,
  openDatabase,
  proveKey,
  systemClock,
  systemRandom,
  withReserve,
  type Database,
  type Limiter,
  type Log,
  type Outbound,
  type OutboundLimits,
  type Remember,
  type Sealer,
} from '../../platform/index.js';
import { openContents } from './contents.js';
import { diskWatch, type DiskWatch } from './disk-watch.js';
import { openNonces } from './nonces.js';

/** What tests replace. */
export interface Overrides {
  readonly clock?: Clock;
  readonly random?: Random;
  readonly log?: Log;
  /** Told of every outgoing connection. */
  readonly onConnect?: (origin: string, address: string) => void;
  /** How long other clouds are waited for. */
  readonly outboundLimits?: Partial<OutboundLimits>;
}

/** What all rooms need: clock, random numbers, database, secrets, contents, the outbound client. */
export interface Foundation {
  readonly config: Config;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly database: Database;
  readonly sealer: Sealer;
  readonly limiter: Limiter;
  readonly contents: JoiningStore;
  readonly nonces: NonceStore;
  readonly outbound: Outbound;
  readonly disk: DiskWatch;
  /** Answers that hold until the next commit (docs/decisions 0018). */
  readonly remember: Remember;
  /** Where people and other clouds find this one. */
  readonly webOrigin: string;
  /** Below it lie the calls of the storage API. */
  readonly storageBase: string;
  /** Closes everything that was opened, the last first. */
  close(): Promise<void>;
}

/** Opens the foundation; brings the schema up to date and checks that the secret key is the right one. */
export async function openFoundation(
  config: Config,
  overrides: Overrides,
  opening: StorageOpening,
): Promise<Foundation> {
  const clock = overrides.clock ?? systemClock;
  const random = overrides.random ?? systemRandom;
  const log = overrides.log ?? createLog(config.logLevel);
  for (const warning of config.warnings) log.warn(warning);
  // The key comes first: a data folder that is in use but has lost its key is refused (SEC-03).
  const sealer = createSealer(await secretKeyOf(config, random), random);
  const opened = new Closers();
  try {
    const { reserve, database } = await openRows(config, opened, log);
    await migrate(database, migrations);
    await proveKey(database, sealer);
    const thread = opened.keep(new HashThread());
    const { storageUrl: url, inlineLimit } = config;
    const contents = await openContents({ url, opening, inlineLimit, database, random, clock, log, thread, reserve });
    const nonces = opened.keep(await openNonces({ config, database, clock, log }));
    const outbound = opened.keep(openWayOut(config, overrides));
    const limiter = createLimiter(database, clock, sealer);
    const close = (): Promise<void> => opened.close();
    const disk = diskWatch(reserve, nonces.store);
    const base = { config, clock, random, log, database, sealer, contents, outbound, limiter, nonces: nonces.store };
    return { ...base, ...addressesOf(config), remember: createMemory(database), disk, close };
  } catch (error) {
    // A start that is refused must let the process end.
    await opened.close();
    throw error;
  }
}

function addressesOf({ publicUrl, apiPrefix }: Config): Pick<Foundation, 'webOrigin' | 'storageBase'> {
  return { webOrigin: publicUrl.origin, storageBase: `${publicUrl.origin}${apiPrefix}` };
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

/** Opens the database; on SQLite with a reserve for work that must succeed when the disk is full (ruling F-62). */
async function openRows(
  { database: location }: Config,
  opened: Closers,
  log: Log,
): Promise<{ reserve: DiskReserve | undefined; database: Database }> {
  if (location.engine === 'postgres')
    return { reserve: undefined, database: opened.keep(await openDatabase(location)) };
  const reserve = new DiskReserve({ folder: dirname(location.file), log });
  await reserve.makeOpenable();
  return { reserve, database: withReserve(opened.keep(await openDatabase(location)), reserve) };
}

function openWayOut(
  { allowInsecurePeers, peerExceptions, peerCa }: Config,
  { onConnect, outboundLimits }: Overrides,
): Outbound {
  return createOutbound({
    allowInsecure: allowInsecurePeers,
    exceptions: peerExceptions,
    ...(peerCa !== undefined && { extraCa: peerCa }),
    ...(onConnect === undefined ? {} : { onConnect }),
    ...(outboundLimits === undefined ? {} : { limits: outboundLimits }),
  });
}

/**
 * The secret key of a cloud, made now when its data folder has no database yet. A mounted volume may have other files;
 * only a database without its key is refused.
 */
export function secretKeyOf(config: Config, random: Random): Promise<Buffer> {
  return loadSecretKey({
    text: config.secretKey,
    folder: config.dataDir,
    random,
    usedWhen: config.database.engine === 'sqlite' ? [basename(config.database.file)] : [],
  });
}
