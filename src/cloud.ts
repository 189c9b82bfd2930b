import type { Express } from 'express';
import { migrations } from '../migrations/index.js';
import type { StorageOpening } from './contents/index.js';
import { openDoors } from './cloud/doors.js';
import { createReadiness, type ReadinessNeed } from './cloud/readiness.js';
import { openFoundation, type Foundation, type Overrides } from './cloud/foundation/foundation.js';
import { furnish, furnishWorker, type Rooms } from './cloud/rooms.js';
import { Rounds } from './cloud/rounds.js';
import { createListener } from './cloud/server.js';
import type { Config } from './config/index.js';
import { MINUTE, SECOND } from './kernel/index.js';
import { isCurrent } from './platform/index.js';

export type { StorageOpening } from './contents/index.js';
export { secretKeyOf, type Overrides } from './cloud/foundation/foundation.js';

/** One running service with its accounts and files. */
export interface Cloud {
  readonly config: Config;
  /** All rooms; doors and commands call the same functions. */
  readonly services: Rooms;
  /** The HTTP side, without a listener. */
  readonly app: Express;
  /** Starts the worker of the queue and the regular work: ends that are due, sweeps. */
  start(): Promise<void>;
  /** Opens the port of the settings. */
  listen(): Promise<void>;
  /** Sends everything that is due now and waits for it; needs no {@link start}. */
  drain(): Promise<void>;
  /** Does the regular work once: ends that are due, sweeps. Runs by itself after {@link start}. */
  tick(): Promise<void>;
  /** Stops gently: no new work, running requests get up to 30 s, claims released, everything closed (OPS-01). */
  stop(): Promise<void>;
}

/** How often ends that are due are looked for, and how often leftovers are swept, milliseconds. */
const TICK = 15 * SECOND;
const SWEEP = 10 * MINUTE;

/** How often the free disk space is checked: recovers well within 30 s (OPS-07), milliseconds. */
const LOOK = 5 * SECOND;
/** Between two rounds in which other clouds are asked about folders at which people here look, milliseconds. */
const POLL = 10 * SECOND;

/** How long running requests may take to finish at the end, milliseconds. */
const PATIENCE = 30 * SECOND;

/**
 * The only composition root: settings (and overrides of tests) in, a cloud out. Nothing runs before `start`. Refused, with a
 * sentence for the operator, when database and storage folder do not belong together.
 */
export async function openCloud(
  config: Config,
  overrides: Overrides = {},
  storage: StorageOpening = 'prove',
): Promise<Cloud> {
  const base = await openFoundation(config, overrides, storage);
  try {
    return assemble(base, config);
  } catch (error) {
    await base.close();
    throw error;
  }
}

function assemble(base: Foundation, config: Config): Cloud {
  const services = furnish(base);
  const worker = furnishWorker(services);
  const readiness = createReadiness(needsOf(base));
  const app = openDoors(services, () => readiness.reasons());
  const listener = createListener(app, config, base.log);
  const rounds = new Rounds(base.log);

  const tick = rounds.oneAfterAnother([() => services.shares.endings.timeIsUp(), () => services.joining.tend()]);
  const sweep = rounds.oneAfterAnother(sweepsOf(services));

  return {
    config,
    services,
    app,
    async start() {
      await base.disk.tend();
      await Promise.all([worker.start(), services.files.transfers.start()]);
      rounds.once(sweep, 'sweeping failed');
      rounds.every(TICK, tick, 'ending what is due failed');
      rounds.every(SWEEP, sweep, 'sweeping failed');
      rounds.every(POLL, () => services.files.tree.pollMounts(), 'folders of other clouds could not be asked about');
      rounds.every(LOOK, base.disk.tend, 'the disk could not be looked after');
    },
    async listen() {
      await readiness.watch();
      await listener.listen();
    },
    drain: () => worker.drain(),
    tick,
    async stop() {
      readiness.stopping();
      const rest = rounds.stop(PATIENCE);
      if (listener.server.listening) await delay(config.drainDelay * SECOND);
      await Promise.all([listener.close(PATIENCE), worker.stop(PATIENCE), services.files.transfers.stop(), rest]);
      await settled(services);
      await base.close();
    },
  };
}

/** The regular sweeps. */
function sweepsOf({ joining, files, people, shares, apps, ocm, agreements }: Rooms): (() => Promise<unknown>)[] {
  return [
    // They are made at the start, so that nobody waits for them.
    () => ocm.keys.get(),
    () => joining.ownAddress.announceIfMoved(),
    () => files.trash.tend(),
    () => files.eraseRemovedPeople(),
    () => files.uploads.tidy(),
    () => files.transfers.tidy(),
    () => files.foreignLocks.giveBackOver(),
    () => files.sweeper.tidy(),
    () => files.tree.clearStaged(),
    () => people.sessions.purge(),
    () => shares.notices.tellTroubles(),
    () => apps.temporaryCredentials.sweep(),
    () => agreements.contacts.invites.sweep(),
    // The last, because it may read for minutes.
    () => files.learnHashes(),
  ];
}

/** Resolves when nothing is under way in the background. */
async function settled({ apps, files, neighbours, joining }: Rooms): Promise<void> {
  await Promise.all([
    apps.tokens.settled(),
    apps.appPasswords.settled(),
    files.trash.settled(),
    neighbours.conditions.settled(),
    neighbours.refused.settled(),
    joining.settled(),
  ]);
}

/** What `/readyz` checks (reliability.md OPS-02). */
function needsOf({ database, contents, disk }: Foundation): ReadinessNeed[] {
  return [
    {
      what: 'database',
      ask: async () =>
        (await isCurrent(database, migrations))
          ? undefined
          : 'The schema is not that of this release: footbridge migrate.',
      silence: 'The database has not answered for five seconds.',
    },
    {
      what: 'storage',
      ask: async () => {
        const { ok, reason } = await contents.health();
        return ok ? undefined : (reason ?? 'Storing failed.');
      },
      silence: 'The storage of contents does not say how it is.',
    },
    { what: 'disk', ask: disk.trouble, silence: 'The disk of the database does not say how full it is.' },
  ];
}

/** `/readyz` says 503 for so long before new work is refused, for a balancer in front (FOOTBRIDGE_DRAIN_DELAY). */
function delay(millis: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, millis);
  });
}
