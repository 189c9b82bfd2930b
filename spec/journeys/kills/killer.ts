import type { EventEmitter } from 'node:events';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import type { CloudProcess } from '../../support/cloud-process.js';
import type { ProcessPair } from '../support/process-pair.js';
import { forgetLimits } from './clockwork.js';
import type { Dice } from './dice.js';

/** A kill comes after so many steps of the jobs at most, */
const MOST_STEPS = 2;
/** and so many milliseconds into the next one; */
const INTO_STEP = 150;
/** and at most so long after the clouds were ready, milliseconds. */
const LONGEST_LIFE = 3_000;

/** Kills clouds of a pair, so many times in all, now one, now the other, now both at once, and starts them again. */
export async function killAtRandom(pair: ProcessPair, kills: number, dice: Dice, steps: EventEmitter): Promise<void> {
  for (let left = kills; left > 0;) {
    await someSteps(steps, dice.between(0, MOST_STEPS));
    await pause(dice.between(0, INTO_STEP));
    const victims = victimsOf(pair, dice).slice(0, left);
    await Promise.all(victims.map(killAndRestart));
    left -= victims.length;
  }
  // A cloud that has failed so often is asked again only after minutes, unless who asks is new.
  await Promise.all([pair.alder, pair.birch].map(killAndRestart));
}

function victimsOf({ alder, birch }: ProcessPair, dice: Dice): CloudProcess[] {
  return [[alder], [birch], [alder, birch]][dice.between(0, 2)] ?? [];
}

/** Waits until the jobs have made so many steps, but not for ever: some wait for the other cloud's patience. */
async function someSteps(steps: EventEmitter, count: number): Promise<void> {
  const signal = AbortSignal.timeout(LONGEST_LIFE);
  for (let seen = 0; seen < count && !signal.aborted; seen += 1)
    await once(steps, 'step', { signal }).catch(() => undefined);
}

async function killAndRestart(cloud: CloudProcess): Promise<void> {
  await cloud.kill('SIGKILL');
  forgetLimits(cloud);
  await cloud.start();
}
