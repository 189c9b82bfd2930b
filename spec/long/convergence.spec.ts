import { describe, it } from 'vitest';
import { expectConvergence } from '../model/expect-convergence.js';
import { RUNS } from '../model/seed.js';

describe('two clouds that share folders', () => {
  it(`CNV-01 CNV-02 CNV-03 CNV-04 DLV-02 DLV-03 keep every promise and agree in the end, in ${String(RUNS)} random sequences`, () => {
    expectConvergence(RUNS);
  });
});
