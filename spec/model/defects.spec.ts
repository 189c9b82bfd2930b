import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commandsUpTo } from './commands.js';
import { DEFECTS } from './defects.js';
import { run } from './run.js';
import { LENGTH, RUNS, SEED } from './seed.js';

describe('the convergence model finds', () => {
  for (const [defect, rules] of Object.entries(DEFECTS)) {
    it(`CNV-01 ${defect}`, () => {
      const property = fc.property(commandsUpTo(LENGTH), (commands) => void run(commands, rules));
      const outcome = fc.check(property, { numRuns: RUNS, seed: SEED, endOnFailure: true });
      expect(outcome.failed, `not found in ${String(RUNS)} sequences, seed ${String(SEED)}`).toBe(true);
    });
  }
});
