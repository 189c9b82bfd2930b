import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeOriginals, MIXES, tryMix, type Originals } from '../journeys/starts/mixes.js';
import { mountReason } from '../support/mounts.js';
import { serveOnNothing } from '../journeys/starts/on-nothing.js';
import { postgresReason } from '../support/postgres.js';

const noMounts = (await mountReason()) !== undefined;
const noPostgres = (await postgresReason()) !== undefined;

describe('100 starts of `serve`', () => {
  let originals: Originals;
  beforeAll(async () => (originals = await makeOriginals()));
  afterAll(() => originals.remove());

  it('F-01 F-02 OPS-02 with every mix of database, storage and processes remove nothing, and run right or say what to do', async () => {
    const wrong: string[] = [];
    for (const mix of MIXES.filter(({ store }) => !noMounts || store !== 'read-only')) {
      const found = await tryMix(originals, mix);
      if (found !== undefined) wrong.push(found);
    }
    expect(wrong).toEqual([]);
    expect(MIXES).toHaveLength(100);
  });
});

describe.each(['postgres', 'sqlite'] as const)('50 rounds on an empty %s', (engine) => {
  it.skipIf(engine === 'postgres' && noPostgres)('F-81 OPS-02 four processes at once: none exits', async () => {
    for (let round = 0; round < 50; round += 1) expect(await serveOnNothing(engine, 4)).toEqual([]);
  });
});
