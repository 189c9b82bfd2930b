import { limitLine, median, type Line } from '../figures.js';

/** The most that a large cloud may cost, as a multiple of a small one (scale.md SCA-25). */
const GOAL = 1.2;

/** What is measured at both clouds; each call answers how long it took, milliseconds. */
export interface Contest {
  readonly what: string;
  readonly small: () => Promise<number>;
  readonly large: () => Promise<number>;
}

/** How often: rounds, and calls at each cloud in one round. */
export interface Effort {
  readonly rounds: number;
  readonly times: number;
}

/**
 * Measures both clouds alternately, so that whatever else the machine does hits both, and compares them round by round,
 * so that a disturbed round counts once. The first round warms up and is not counted.
 */
export async function inTurns(contest: Contest, { rounds, times }: Effort): Promise<Line> {
  const [small, large]: [number[], number[]] = [[], []];
  for (let round = 0; round <= rounds; round += 1) {
    const took = await oneRound(contest, times);
    if (round === 0) continue;
    small.push(took.small);
    large.push(took.large);
  }
  const ratio = median(large.map((took, round) => took / (small[round] ?? Number.NaN)));
  const line = limitLine(contest.what, ratio, GOAL, 'x', `${median(large).toFixed(2)} ms`);
  return { ...line, reference: `${median(small).toFixed(2)} ms`, bound: `<= ${String(GOAL)}x`, holds: ratio <= GOAL };
}

/** The medians of one round; which of the two comes first changes each time. */
async function oneRound(contest: Contest, times: number): Promise<Record<'small' | 'large', number>> {
  const took: Record<'small' | 'large', number[]> = { small: [], large: [] };
  for (let time = 0; time < times; time += 1) {
    for (const side of time % 2 === 0 ? (['small', 'large'] as const) : (['large', 'small'] as const)) {
      took[side].push(await contest[side]());
    }
  }
  return { small: median(took.small), large: median(took.large) };
}
