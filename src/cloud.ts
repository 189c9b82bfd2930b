import type { Express } from 'express';
import { migrations } from '../migrations/index.js';
import { openDoors } from './cloud/doors.js';
import { openFoundation, type Foundation, type Overrides } from './cloud/foundation.js';
import { furnish, type Rooms } from './cloud/rooms.js';
import { createListener } from './cloud/server.js';
import type { Config } from './config/index.js';
import { MINUTE, SECOND } from './kernel/index.js';
import { isCurrent } from './platform/index.js';

export { secretKeyOf, type Overrides } from './cloud/foundation.js';

/** One running service with its accounts and files. */
export interface Cloud {
  readonly config: Config;
  /** Everything it is made of; doors and commands call the same functions. */
  readonly services: Rooms;
  /** The HTTP side, without a listener. */
  readonly app: Express;
  /** Begins to send what is queued, to end what is due and to sweep. */
  start(): Promise<void>;
  /** Opens the port of the settings. */
  listen(): Promise<void>;
  /** Sends everything that is due now and waits for it; needs no {@link start}. */
  drain(): Promise<void>;
  /** What the passing of time brings: ends that are due, sweeps. Runs by itself after {@link start}. */
  tick(): Promise<void>;
  /** Stops gently: no new work, running requests get up to 30 s, claims released, everything closed (OPS-01). */
  stop(): Promise<void>;
}

/** How often the clock is looked at, and how often leftovers are swept, milliseconds. */
const TICK = 15 * SECOND;
const SWEEP = 10 * MINUTE;

/** How long running requests may take to finish at the end, milliseconds. */
const PATIENCE = 30 * SECOND;

/** The only composition root: settings (and overrides of tests) in, a cloud out. Nothing runs before `start`. */
export async function openCloud(config: Config, overrides: Overrides = {}): Promise<Cloud> {
  const base = await openFoundation(config, overrides);
  try {
    return assemble(base, config);
  } catch (error) {
    await base.close();
    throw error;
  }
}

function assemble(base: Foundation, config: Config): Cloud {
  const services = furnish(base);
  const state = { isStopping: false };
  const isReady = async (): Promise<boolean> =>
    !state.isStopping &&
    base.contents.health().ok &&
    // A database that does not answer is not ready either (OPS-02).
    (await isCurrent(base.database, migrations).catch(() => false));
  const app = openDoors(services, isReady);
  const listener = createListener(app, config, base.log);
  const timers: NodeJS.Timeout[] = [];

  const guarded = (work: () => Promise<unknown>, what: string) => (): void => {
    work().catch((error: unknown) => {
      base.log.error({ err: error }, what);
    });
  };
  const tick = async (): Promise<void> => {
    await services.endings.timeIsUp();
    await services.tendPeers();
  };
  const sweep = async (): Promise<void> => {
    await services.sweeper.tidy();
    await services.sessions.purge();
    await services.notices.tellTroubles();
    await services.temporaryCredentials.sweep();
  };

  return {
    config,
    services,
    app,
    async start() {
      await services.worker.start();
      guarded(sweep, 'sweeping failed')();
      timers.push(setInterval(guarded(tick, 'ending what is due failed'), TICK).unref());
      timers.push(setInterval(guarded(sweep, 'sweeping failed'), SWEEP).unref());
    },
    listen: () => listener.listen(),
    drain: () => services.worker.drain(),
    tick,
    async stop() {
      state.isStopping = true;
      timers.forEach(clearInterval);
      if (listener.server.listening) await delay(config.drainDelay * SECOND);
      await Promise.all([listener.close(PATIENCE), services.worker.stop(PATIENCE)]);
      await Promise.all([services.tokens.settled(), services.conditions.settled(), services.joiningSettled()]);
      await base.close();
    },
  };
}

/** `/readyz` says 503 for so long before new work is refused, for a balancer in front (FOOTBRIDGE_DRAIN_DELAY). */
function delay(millis: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, millis);
  });
}
