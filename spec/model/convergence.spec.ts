import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { pairsOf } from './agreement.js';
import type { Command } from './commands.js';
import { expectConvergence } from './expect-convergence.js';
import { run } from './run.js';
import { SAMPLE } from './seed.js';

/** Sequences that broke a promise once, and what was wrong. */
const REGRESSIONS = JSON.parse(
  readFileSync(path.join(import.meta.dirname, '../fixtures/model-regressions.json'), 'utf8'),
) as { readonly found: string; readonly commands: readonly Command[] }[];

const JOB: readonly Command[] = [
  { kind: 'invite', expires: 'never' },
  { kind: 'choose', share: 0, at: 'birch' },
  { kind: 'flow', hops: 1 },
  { kind: 'accept', at: 'birch', proposal: 0 },
];

describe('two clouds that share folders', () => {
  it('CNV-01 CNV-02 CNV-03 CNV-04 DLV-02 DLV-03 keep every promise and agree in the end, whatever happens', () => {
    expectConvergence(SAMPLE);
  });

  it('CNV-01 agree that the share is active when nothing went wrong', () => {
    expect(pairsOf(run(JOB))).toMatchObject([{ here: 'active', there: 'active' }]);
  });

  it('CNV-01 agree that it is over when the owner ended it before the credentials came', () => {
    const world = run([...JOB, { kind: 'flow', hops: 1 }, { kind: 'end', share: 0 }]);
    expect(pairsOf(world)).toMatchObject([{ here: 'revoked', there: 'revoked' }]);
  });

  it('CNV-01 agree that a share by Open Cloud Mesh goes on when the owner has taken its last day away', () => {
    const world = run([
      { kind: 'address', expires: 'in a day', at: 'birch' },
      { kind: 'flow', hops: 2 },
      { kind: 'accept', at: 'birch', proposal: 0 },
      { kind: 'flow', hops: 3 },
      { kind: 'change-day', share: 0, expires: 'never' },
    ]);
    expect(pairsOf(world)).toMatchObject([{ here: 'active', there: 'active' }]);
  });

  for (const { found, commands } of REGRESSIONS) {
    it(`CNV-01 no more: ${found}`, () => {
      expect(() => run(commands)).not.toThrow();
    });
  }
});
