import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OCM_PROFILES, type OcmProfileName } from '../../support/ocm-servers/index.js';
import { IN_CELLS, OUT_CELLS, type Cells } from './cells.js';
import { IN } from './flows-in.js';
import { NothingCame, OUT, type Flow } from './flows-out.js';
import { openOcmStage, type OcmStage } from './stage.js';

/** Servers of the first generation, and of the later ones: each half of the matrix has a file of its own for both. */
const FIRST: readonly OcmProfileName[] = ['nc29', 'nc32', 'nc34', 'nc35', 'oc10', 'seafile'];

/** All other servers. */
const LATER = (Object.keys(OCM_PROFILES) as OcmProfileName[]).filter((make) => !FIRST.includes(make));

const HALVES = {
  out: { flows: OUT, cells: OUT_CELLS, words: 'what Ana gives to somebody at' },
  in: { flows: IN, cells: IN_CELLS, words: 'what Ana is given by somebody at' },
} as const;

/** Plays every flow of one direction with every server of a generation, and compares what came of it with what is declared. */
export function playMatrix(direction: keyof typeof HALVES, generation: 'first' | 'later'): void {
  const { flows, cells, words } = HALVES[direction];
  const makes = generation === 'first' ? FIRST : LATER;
  describe.each(makes)(`${words} %s`, (make) => {
    let stage: OcmStage;
    beforeAll(async () => {
      stage = await openOcmStage(make);
    });
    afterAll(() => stage.close());

    it('every cell is declared, and no other', () => {
      expect(Object.keys(cells[make]).sort()).toEqual(Object.keys(flows).sort());
    });

    it.each(Object.entries(flows))('%s', async (name, flow) => {
      await stage.town.forgetLimits();
      expect(await played(stage, flow)).toBe(declared(cells[make], name));
    });
  });
}

function declared(cells: Cells, flow: string): string {
  return cells[flow] ?? `not declared: ${flow}`;
}

async function played(stage: OcmStage, flow: Flow): Promise<string> {
  try {
    return await flow(stage);
  } catch (error) {
    if (error instanceof NothingCame) return 'nothing came';
    throw error;
  }
}
