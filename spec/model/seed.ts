import { randomInt } from 'node:crypto';

/** `FOOTBRIDGE_MODEL_RUNS`: another number of sequences for every property, as for a longer run at night. */
const WANTED = process.env['FOOTBRIDGE_MODEL_RUNS'];

/** Sequences of the short sample that `npm test` plays. */
export const SAMPLE = Number(WANTED ?? 1_500);

/** Sequences of the whole proof, and within which a seeded defect must be found (reliability.md section 4). */
export const RUNS = Number(WANTED ?? 10_000);

/** Commands per sequence (reliability.md section 4). */
export const LENGTH = 60;

/** Another one each time, unless a former run is to be repeated; every run prints it. */
export const SEED = Number(process.env['FOOTBRIDGE_SPEC_SEED'] ?? randomInt(2 ** 31));
