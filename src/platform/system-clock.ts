import type { Clock } from '../kernel/index.js';

/** The machine's clock: the one place that reads it. */
export const systemClock: Clock = { now: () => Date.now() };
