import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addApp, introduceByOcm, settleAt, startPair, type ProcessPair } from '../support/process-pair.js';
import { checkBooks, checkDecision, checkFiles, untilTheyAgree } from './audit.js';
import { Dice } from './dice.js';
import { Job } from './job.js';
import { killAtRandom, restartInPeace } from './killer.js';
import type { Protocol } from './ledger.js';
import { SceneOver, type Scene } from './scene.js';

const SEED = process.env['FOOTBRIDGE_SPEC_SEED'] ?? randomBytes(4).toString('hex');

/** Protocols for the jobs, by lot; `FOOTBRIDGE_SPEC_PROTOCOL`: that one alone. */
const PROTOCOLS = (process.env['FOOTBRIDGE_SPEC_PROTOCOL']?.split(',') ?? [
  'cloudspaces',
  'ocm',
]) as readonly Protocol[];

/** Independent pairs of clouds: while one starts, the other works. */
const PAIRS = 2;
/** Jobs that are under way side by side, in each pair. */
const PLAYERS = 2;
/** Kills after which perhaps no proposal was answered. */
const LUCK = 24;
/** With fewer kills than this, chance may leave a protocol without an answered proposal. */
const FAIR = 200;

/**
 * Kills clouds so many times at random, all together (reliability.md section 3), or as often as `FOOTBRIDGE_SPEC_KILLS` says;
 * `FOOTBRIDGE_SPEC_SEED` throws the same dice again.
 */
export function describeKills(usually: number): void {
  const kills = Number(process.env['FOOTBRIDGE_SPEC_KILLS'] ?? usually);
  describe(`clouds that are killed at random (seed ${SEED})`, () => {
    let folder: string;
    let pairs: readonly ProcessPair[];
    let over = false;

    beforeAll(async () => {
      folder = await mkdtemp(path.join(tmpdir(), 'footbridge-kills-'));
      const places = Array.from({ length: PAIRS }, (_, index) => path.join(folder, String(index)));
      pairs = await Promise.all(places.map((place) => startPair(place)));
    });
    afterAll(async () => {
      over = true;
      await Promise.all(pairs.map((pair) => pair.stop()));
      await rm(folder, { recursive: true, force: true });
    });

    it(
      `DUR-01 CNV-01 nothing acknowledged is lost and both clouds of a pair agree after ${String(kills)} kills`,
      async () => {
        const runs = pairs.map((pair, index) => endure(pair, `${SEED} ${String(index)}`, kills / PAIRS, () => over));
        const answered = (await Promise.all(runs)).flat();
        expect(answered.length).toBeGreaterThan((kills - LUCK) / 20);
        // Each protocol has its part of them, once there are enough for the lot to be fair.
        for (const protocol of PROTOCOLS) {
          const its = answered.filter((each) => each === protocol);
          expect(its.length, protocol).toBeGreaterThanOrEqual((kills - FAIR) / 20 / PROTOCOLS.length / 2);
        }
      },
      kills * 10_000 + 300_000,
    );
  });
}

/** Lets people work in a pair that is killed again and again, then audits it; answers the protocol of each proposal that was answered. */
async function endure(pair: ProcessPair, seed: string, kills: number, isStopped: () => boolean): Promise<Protocol[]> {
  const steps = new EventEmitter();
  const run = { isKilled: true };
  const isOver = (): boolean => isStopped() || !run.isKilled;
  const scene = await setScene(pair, { isOver, onStep: () => steps.emit('step'), dice: new Dice(seed) });
  const jobs: Job[] = [];
  const players = Array.from({ length: PLAYERS }, () => playJobs(scene, jobs));
  const killing = killAtRandom(pair, kills, new Dice(`${seed} kills`), steps).finally(() => (run.isKilled = false));
  await Promise.all([killing, ...players]);
  await restartInPeace(pair);
  const states = await audit({ ...scene, isOver: () => false }, jobs);
  console.log(`${String(kills)} kills, ${summary(jobs, states)}`);
  return jobs.filter(({ record }) => record.answer !== undefined).map(({ record }) => record.protocol);
}

async function setScene(pair: ProcessPair, run: Pick<Scene, 'isOver' | 'onStep' | 'dice'>): Promise<Scene> {
  await introduceByOcm(pair);
  await Promise.all([addApp(pair.alder), addApp(pair.birch)]);
  const ana = await settleAt(pair.alder, 'Ana Alvarez', 'ana@alder.example');
  const bo = await settleAt(pair.birch, 'Bo Bergman', 'bo@birch.example');
  return { ...run, pair, ana, bo };
}

async function playJobs(scene: Scene, jobs: Job[]): Promise<void> {
  while (!scene.isOver()) {
    const protocol = PROTOCOLS[scene.dice.between(0, PROTOCOLS.length - 1)] ?? 'cloudspaces';
    const job = new Job(scene, jobs.length + 1, protocol);
    jobs.push(job);
    try {
      await job.play();
    } catch (error) {
      if (!(error instanceof SceneOver)) throw error;
    }
  }
}

/** Everything that must hold once the clouds are left in peace; answers the states in which the shares came to rest. */
async function audit(scene: Scene, jobs: readonly Job[]): Promise<string[]> {
  const states = await untilTheyAgree(scene);
  const shares = await sharesByFolder(scene);
  for (const { record } of jobs) {
    await checkFiles(scene, record);
    checkDecision(record, states.get(shares.get(record.folder) ?? ''));
  }
  await checkBooks(scene.pair.alder);
  await checkBooks(scene.pair.birch);
  return [...states.values()];
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
  const mesh = jobs.filter(({ record }) => record.protocol === 'ocm').length;
  return `${String(jobs.length)} jobs (${String(mesh)} by Open Cloud Mesh), ${String(versions)} acknowledged versions; ${rest}`;
}
