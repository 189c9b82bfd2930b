import { randomBytes } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CloudProcess } from '../../support/cloud-process.js';
import { addApp, settleAt, startPair, type ProcessPair } from '../support/process-pair.js';
import { checkBooks, checkDecision, checkFiles, untilTheyAgree } from './audit.js';
import { forgetLimits } from './clockwork.js';
import { Dice } from './dice.js';
import { Job, SceneOver, type Scene } from './job.js';

/** How often the origin is killed; at some of these times the destination too. */
const KILLS = Number(process.env['FOOTBRIDGE_SPEC_KILLS'] ?? 200);
const SEED = process.env['FOOTBRIDGE_SPEC_SEED'] ?? randomBytes(4).toString('hex');

/** The part of the kills that hits both. */
const BOTH = 0.4;
/** Jobs that are under way side by side. */
const PLAYERS = 2;
/** A kill comes after so many steps of the jobs at most, */
const MOST_STEPS = 3;
/** and so many milliseconds into the next one; */
const INTO_STEP = 150;
/** and at most so long after the clouds were ready, milliseconds. */
const LONGEST_LIFE = 3_000;

describe(`two clouds that are killed at random (seed ${SEED})`, () => {
  let folder: string;
  let pair: ProcessPair;
  let over = false;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'footbridge-kills-'));
    pair = await startPair(folder);
  });
  afterAll(async () => {
    over = true;
    await pair.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it(
    `DUR-01 CNV-01 nothing acknowledged is lost and both clouds agree after ${String(KILLS)} kills`,
    async () => {
      const steps = new EventEmitter();
      const scene = await setScene(pair, { isOver: () => over, onStep: () => steps.emit('step') });
      const jobs: Job[] = [];
      const players = Array.from({ length: PLAYERS }, () => playJobs(scene, jobs));
      const killing = killAtRandom(pair, new Dice(`${SEED} kills`), steps).finally(() => (over = true));
      await Promise.all([killing, ...players]);
      const settled = { ...scene, isOver: () => false };
      const states = await untilTheyAgree(settled);
      const shares = await sharesByFolder(scene);
      for (const { record } of jobs) {
        await checkFiles(settled, record);
        checkDecision(record, states.get(shares.get(record.folder) ?? ''));
      }
      await checkBooks(pair.alder);
      await checkBooks(pair.birch);
      console.log(summary(jobs, [...states.values()]));
      expect(jobs.filter(({ record }) => record.answer !== undefined).length).toBeGreaterThan(KILLS / 20);
    },
    KILLS * 10_000 + 300_000,
  );
});

async function setScene(pair: ProcessPair, run: Pick<Scene, 'isOver' | 'onStep'>): Promise<Scene> {
  await Promise.all([addApp(pair.alder), addApp(pair.birch)]);
  const ana = await settleAt(pair.alder, 'Ana Alvarez', 'ana@alder.example');
  const bo = await settleAt(pair.birch, 'Bo Bergman', 'bo@birch.example');
  return { ...run, pair, ana, bo, dice: new Dice(SEED) };
}

async function playJobs(scene: Scene, jobs: Job[]): Promise<void> {
  while (!scene.isOver()) {
    const job = new Job(scene, jobs.length + 1);
    jobs.push(job);
    try {
      await job.play();
    } catch (error) {
      if (!(error instanceof SceneOver)) throw error;
    }
  }
}

async function killAtRandom({ alder, birch }: ProcessPair, dice: Dice, steps: EventEmitter): Promise<void> {
  for (let kill = 0; kill < KILLS; kill += 1) {
    await someSteps(steps, dice.between(0, MOST_STEPS));
    await pause(dice.between(0, INTO_STEP));
    const both = dice.happens(BOTH) ? [alder, birch] : [alder];
    await Promise.all(both.map(killAndRestart));
  }
  // A cloud that has failed so often is asked again only after minutes, unless who asks is new.
  await Promise.all([alder, birch].map(killAndRestart));
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

async function sharesByFolder({ pair }: Scene): Promise<ReadonlyMap<string, string>> {
  const lines = await pair.alder.ask<{ shareId: string; folder: string }[]>(['share', 'list']);
  return new Map(lines.map((line) => [line.folder, line.shareId]));
}

function summary(jobs: readonly Job[], states: readonly string[]): string {
  const versions = jobs.flatMap(({ record }) => record.files).reduce((sum, file) => sum + file.acknowledged.length, 0);
  const counts = new Map<string, number>();
  for (const both of states) counts.set(both, (counts.get(both) ?? 0) + 1);
  const rest = [...counts].map(([both, count]) => `${String(count)} ${both}`).join(', ');
  return `${String(KILLS)} kills, ${String(jobs.length)} jobs, ${String(versions)} acknowledged versions; ${rest}`;
}
