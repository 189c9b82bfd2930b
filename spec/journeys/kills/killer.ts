import type { EventEmitter } from 'node:events';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import type { CloudProcess } from '../../support/cloud-process.js';
import type { ProcessPair } from '../support/process-pair.js';
import { forgetLimits, holdMessages } from './clockwork.js';
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
}

/**
 * Starts both clouds anew, once nobody acts any more: a cloud that has failed so often is asked again only after minutes, unless who asks is new; and whoever starts first must not
 * take the other one for broken.
 */
export async function restartInPeace({ alder, birch }: ProcessPair): Promise<void> {
  const clouds = [alder, birch];
  await Promise.all(clouds.map((cloud) => cloud.kill('SIGKILL')));
  await Promise.all(clouds.map(holdMessages));
  await Promise.all(clouds.map((cloud) => cloud.start()));
}

function victimsOf({ alder, birch }: ProcessPair, dice: Dice): CloudProcess[] {
  return [[alder], [birch], [alder, birch]][dice.between(0, 2)] ?? [];
}

/** Waits until the jobs have made a given number of steps, with a limit, since some jobs wait for the other cloud. */
async function someSteps(steps: EventEmitter, count: number): Promise<void> {
  const signal = AbortSignal.timeout(LONGEST_LIFE);
  for (let seen = 0; seen < count && !signal.aborted; seen += 1)
    await once(steps, 'step', { signal }).catch(() => undefined);
}

async function killAndRestart(cloud: CloudProcess): Promise<void> {
  await cloud.kill('SIGKILL');
  await forgetLimits(cloud);
  await cloud.start();
}
