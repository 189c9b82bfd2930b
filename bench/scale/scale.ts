import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Pool } from 'undici';
import type { Line } from '../figures.js';
import { timeOf } from '../load.js';
import { CALLS } from './calls.js';
import { fill, type Filled } from './fill.js';
import { LARGE, LARGE_ENOUGH, SMALL } from './sizes.js';
import { onStage, type StageOptions } from './stage.js';
import { inTurns, type Effort } from './turns.js';

/** How the clouds are kept, and how long they are measured. */
export interface ScaleOptions extends Omit<StageOptions, 'scratch'> {
  readonly isQuick: boolean;
}

/** How often everything is done. */
interface Efforts {
  readonly calls: Effort;
  readonly starts: Effort;
}

const QUICK: Efforts = {
  calls: { rounds: 5, times: 20 },
  starts: { rounds: 3, times: 1 },
};
const LONG: Efforts = {
  calls: { rounds: 9, times: 40 },
  starts: { rounds: 7, times: 1 },
};

/** What calls, pages and the start cost at 10⁶ items and 10⁵ shares, over the same at 10³ and 10² (scale.md SCA-25). */
export async function scale({ isQuick, ...options }: ScaleOptions): Promise<Line[]> {
  const scratch = await mkdtemp(path.join(tmpdir(), 'footbridge-scale-'));
  const sizes = [SMALL, isQuick ? LARGE_ENOUGH : LARGE];
  const names = sizes.map(({ name }) => name);
  try {
    return await onStage({ scratch, ...options }, names, async (sides) => {
      const filled: Filled[] = [];
      for (const [index, side] of sides.entries()) filled.push(await fill(side, sizes[index] ?? SMALL));
      const [small, large] = filled;
      if (small === undefined || large === undefined) throw new Error('two clouds were asked for');
      return measure({ small, large }, isQuick ? QUICK : LONG);
    });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

interface Both {
  readonly small: Filled;
  readonly large: Filled;
}

async function measure(both: Both, efforts: Efforts): Promise<Line[]> {
  return [...(await measureCalls(both, efforts.calls)), await measureStart(both, efforts.starts)];
}

/** Over one connection to each, which is kept. */
async function measureCalls({ small, large }: Both, effort: Effort): Promise<Line[]> {
  const pools = [small, large].map(({ cloud }) => new Pool(cloud.url, { connections: 1, pipelining: 1 }));
  const [toSmall, toLarge] = pools;
  if (toSmall === undefined || toLarge === undefined) return [];
  const lines: Line[] = [];
  for (const { what, request } of CALLS) {
    let number = 0;
    const ask = (pool: Pool, side: Filled) => async (): Promise<number> => timeOf(pool, request(side, (number += 1)));
    lines.push(await inTurns({ what, small: ask(toSmall, small), large: ask(toLarge, large) }, effort));
  }
  await Promise.all(pools.map((pool) => pool.close()));
  return lines;
}

/** From the start of the process to its readiness. */
async function measureStart({ small, large }: Both, effort: Effort): Promise<Line> {
  const start = async ({ cloud }: Filled): Promise<number> => {
    await cloud.kill('SIGTERM');
    const started = performance.now();
    await cloud.start();
    return performance.now() - started;
  };
  return inTurns({ what: 'start', small: () => start(small), large: () => start(large) }, effort);
}
