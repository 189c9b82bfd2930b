import { randomInt } from 'node:crypto';

/** Sequences per property; more for a longer run at night. */
export const RUNS = Number(process.env['FOOTBRIDGE_MODEL_RUNS'] ?? 10_000);

/** Commands per sequence (reliability.md section 4). */
export const LENGTH = 60;

/** Another one each time, unless a former run is to be repeated; a failure prints it. */
export const SEED = Number(process.env['FOOTBRIDGE_SPEC_SEED'] ?? randomInt(2 ** 31));
