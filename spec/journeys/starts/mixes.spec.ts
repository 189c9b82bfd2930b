import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mountReason } from '../../support/mounts.js';
import { makeOriginals, MIXES, tryMix, type Originals } from './mixes.js';

const noMounts = (await mountReason()) !== undefined;

/** Each database with each storage once, alternately by one process and by two; all hundred mixes are in spec/long. */
const SOME = MIXES.filter((_, index) => index % 4 === Math.floor(index / 4) % 2);

describe('25 starts of `serve`', () => {
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
