import { randomInt } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mountReason } from '../../support/mounts.js';
import { makeOriginals, MIXES, tryMix, type Originals } from './mixes.js';

const noMounts = (await mountReason()) !== undefined;

const SEED = Number(process.env['FOOTBRIDGE_SPEC_SEED'] ?? randomInt(2 ** 31));

/** Five of them by lot; all hundred mixes are in spec/long. */
const SOME = fc
  .sample(fc.shuffledSubarray([...MIXES], { minLength: 5, maxLength: 5 }), { numRuns: 1, seed: SEED })
  .flat();

describe(`five starts of \`serve\` (seed ${String(SEED)})`, () => {
  let originals: Originals;
  beforeAll(async () => (originals = await makeOriginals()), 120_000);
  afterAll(() => originals.remove());

  for (const mix of SOME) {
    const title = `F-01 F-02 OPS-02: ${mix.database} database, ${mix.store} storage, ${String(mix.processes)} at once`;
    it.skipIf(noMounts && mix.store === 'read-only')(title, async () => {
      expect(await tryMix(originals, mix)).toBeUndefined();
    });
  }
});
