import { performance } from 'node:perf_hooks';
import { SECOND } from '../kernel/index.js';
import { askedBy, OWN_WORK } from '../platform/index.js';

/** Why a cloud cannot do its work now, for balancers and for whoever runs it. */
export interface UnreadyReason {
  /** What is missing: `stopping`, `database`, `schema`, `storage`, … */
  readonly what: string;
  /** One sentence that says what to do, or that it passes by itself. Nothing secret: anybody may ask. */
  readonly description: string;
}

/** Something that a cloud needs, and a check that answers what is wrong with it. */
export interface ReadinessNeed {
  /** As in {@link UnreadyReason}. */
  readonly what: string;
  /** May throw, and may take any time: then the need counts as met for {@link GRACE}, and as missing after that. */
  ask(): Promise<string | undefined> | string | undefined;
  /** What is said while asking fails or takes too long. */
  readonly silence: string;
}

/** Whether a cloud is ready, by the last checks (scale.md 2.6). */
export interface Readiness {
  /** Why not; empty when it is ready. While it is watched: at once, else after a look of {@link A_MOMENT} at most. */
  reasons(): Promise<readonly UnreadyReason[]>;
  /** Looks after every need, then again each second until {@link stopping}. Resolves after the first look. */
  watch(): Promise<void>;
  /** Marks the cloud as stopping, finally. */
  stopping(): void;
}

/**
 * How old a check may be: the short time of a failover must not remove all replicas from the balancer (scale.md 2.4).
 * Milliseconds.
 */
const GRACE = 5 * SECOND;

/** How long a look is waited for. Milliseconds. */
const A_MOMENT = 0.5 * SECOND;

const STOPPING: UnreadyReason = { what: 'stopping', description: 'This process is stopping.' };

/** Decides whether a cloud is ready, and why not. */
export function createReadiness(needs: readonly ReadinessNeed[]): Readiness {
  const watches = needs.map((need) => new Watch(need));
  let isStopping = false;
  let looking: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;

  const lookAtAll = async (): Promise<void> => {
    // Asked as own work, and therefore over the connections that are kept for health.
    await askedBy(OWN_WORK, () => Promise.all(watches.map((watch) => watch.look())));
    looking = undefined;
  };
  const look = (): Promise<void> => (looking ??= lookAtAll());
  return {
    async watch() {
      await look();
      timer = setInterval(() => void look(), SECOND).unref();
    },
    async reasons() {
      if (timer === undefined) await Promise.race([look(), passed(A_MOMENT)]);
      return [...(isStopping ? [STOPPING] : []), ...watches.flatMap((watch) => watch.reason())];
    },
    stopping() {
      isStopping = true;
      clearInterval(timer);
    },
  };
}

/** What is known of one need. */
class Watch {
  readonly #need: ReadinessNeed;
  #answeredAt = -Infinity;
  #trouble: string | undefined;

  constructor(need: ReadinessNeed) {
    this.#need = need;
  }

  /** Asks; never throws. */
  async look(): Promise<void> {
    try {
      this.#trouble = await this.#need.ask();
      this.#answeredAt = performance.now();
    } catch {
      // The check gave no result, so the last one grows older.
    }
  }

  reason(): UnreadyReason[] {
    const { what, silence } = this.#need;
    const isOld = performance.now() - this.#answeredAt > GRACE;
    const description = isOld ? silence : this.#trouble;
    return description === undefined ? [] : [{ what, description }];
  }
}

function passed(millis: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, millis).unref();
  });
}
