import fc from 'fast-check';
import { expect } from 'vitest';
import { commandsUpTo } from './commands.js';
import { run } from './run.js';
import { LENGTH, SEED } from './seed.js';

/** Plays so many random sequences, prints their seed, and fails with the shortest that breaks a promise. */
export function expectConvergence(sequences: number): void {
  console.info(`the convergence model: ${String(sequences)} sequences, FOOTBRIDGE_SPEC_SEED=${String(SEED)}`);
  const property = fc.property(commandsUpTo(LENGTH), (commands) => void run(commands));
  const outcome = fc.check(property, { numRuns: sequences, seed: SEED });
  expect(outcome.failed, fc.defaultReportMessage(outcome)).toBe(false);
}
