import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { request } from 'undici';
import { infoLine, median, ratioLine, type Line } from '../figures.js';
import type { Ground } from '../ground.js';
import { costing, costLine, type Cost } from '../processor.js';

const SIZE = 4096;

/** How many write at once, and how many times as much as the loop they must reach together. */
const WRITERS = [
  { writers: 1, goal: { least: 0.5, aim: 1 } },
  { writers: 16, goal: { least: 2, aim: 5 } },
  { writers: 64, goal: { least: 4, aim: 10 } },
] as const;

/** Writes after which a cloud runs at its pace. */
const WARM_UP = 6_400;

/** What so many writers reached over the rounds. */
interface Reached {
  readonly ours: number[];
  readonly bare: number[];
  readonly costs: Cost[];
  readonly bareCosts: Cost[];
}

/**
 * New versions of a file of 4 KiB at Ana's cloud (reliability.md 5), against a loop that writes and syncs as much, one that
 * writes each content as a file of its own, and a bare server. All of them write to the same file system.
 */
export async function writes(ground: Ground): Promise<Line[]> {
  const [count, rounds] = ground.isQuick ? [64, 3] : [960, 5];
  const folder = ground.pair.alder.dataDir;
  const [raw, renames]: [number[], number[]] = [[], []];
  const reached = WRITERS.map((): Reached => ({ ours: [], bare: [], costs: [], bareCosts: [] }));
  // A program that has just started is compiled while it works; what is measured is a cloud that runs.
  await writeAll(ground, { count: ground.isQuick ? count : WARM_UP, writers: 16, round: -1 }, undefined);
  for (let round = 0; round <= rounds; round += 1) {
    raw.push(await syncsPerSecond(path.join(folder, 'sync-probe'), count));
    renames.push(await renamesPerSecond(folder, count));
    for (const [index, { writers }] of WRITERS.entries())
      await writeAll(ground, { count, writers, round }, reached[index]);
  }
  const loops = { raw: median(raw.slice(1)), renames: median(renames.slice(1)) };
  return WRITERS.flatMap((each, index) => linesOf(each, reached[index], loops));
}

function linesOf(
  { writers, goal }: (typeof WRITERS)[number],
  reached: Reached | undefined,
  loops: { readonly raw: number; readonly renames: number },
): Line[] {
  if (reached === undefined) return [];
  const show = (value: number): string => `${value.toFixed(0)} /s`;
  const what = `durable 4 KiB writes, ${String(writers)} ${writers === 1 ? 'writer' : 'writers'}`;
  const ours = median(reached.ours.slice(1));
  const bare = median(reached.bare.slice(1));
  return [
    ratioLine(`${what} / raw sync loop`, { ours, reference: loops.raw }, goal, show),
    infoLine(`${what} / write, sync, rename, sync loop`, { ours, reference: loops.renames }, show),
    infoLine(`${what} / bare server`, { ours, reference: bare }, show),
    costLine(`${what}, processor: cloud / bare server`, reached.costs.slice(1), reached.bareCosts.slice(1)),
  ];
}

async function syncsPerSecond(file: string, count: number): Promise<number> {
  const handle = await open(file, 'w');
  const bytes = randomBytes(SIZE);
  const started = performance.now();
  for (let round = 0; round < count; round += 1) {
    await handle.write(bytes, 0, SIZE, round * SIZE);
    await handle.sync();
  }
  const seconds = (performance.now() - started) / 1000;
  await handle.close();
  await rm(file);
  return count / seconds;
}

/** A content as a file of its own: durable under its name once the folder has been synced too. */
async function renamesPerSecond(folder: string, count: number): Promise<number> {
  const [draft, name] = [path.join(folder, 'rename-probe.tmp'), path.join(folder, 'rename-probe')];
  const [bytes, directory] = [randomBytes(SIZE), await open(folder, 'r')];
  const started = performance.now();
  for (let round = 0; round < count; round += 1) {
    const handle = await open(draft, 'w');
    await handle.write(bytes);
    await handle.sync();
    await handle.close();
    await rename(draft, name);
    await directory.sync();
  }
  const seconds = (performance.now() - started) / 1000;
  await directory.close();
  await rm(name);
  return count / seconds;
}

interface Turn {
  readonly count: number;
  readonly writers: number;
  readonly round: number;
}

/** So many writes by so many writers at once, to the cloud and to the bare server. */
async function writeAll(ground: Ground, turn: Turn, reached: Reached | undefined): Promise<void> {
  const { ana, pair, reference } = ground;
  const { count, writers, round } = turn;
  const bytes = randomBytes(SIZE);
  const names = Array.from({ length: writers }, (_, index) => `written-${[writers, index, round].join('-')}`);
  const files = await Promise.all(names.map((name) => ana.app.makeFile(name, bytes)));
  const writing = files.map(
    ({ id }) =>
      async () =>
        (await ana.app.replace(id, bytes)).status,
  );
  const cloud = await costing([pair.alder.pid], count, () => perSecond(writing, count));
  reached?.ours.push(cloud.result);
  reached?.costs.push(cloud.cost);
  const bareWriting = names.map((name) => () => putBare(`${reference.writes.url}/${name}`, ground, bytes));
  const bare = await costing([reference.writes.pid], count, () => perSecond(bareWriting, count));
  reached?.bare.push(bare.result);
  reached?.bareCosts.push(bare.cost);
}

/** Signed like the others, though nobody checks it: the client costs both the same. */
async function putBare(url: string, { ana }: Ground, bytes: Uint8Array): Promise<number> {
  const answer = await request(url, { method: 'PUT', headers: ana.app.headers('PUT', url), body: bytes });
  await answer.body.arrayBuffer();
  return answer.statusCode;
}

async function perSecond(writing: readonly (() => Promise<number>)[], count: number): Promise<number> {
  const each = Math.ceil(count / writing.length);
  const started = performance.now();
  await Promise.all(
    writing.map(async (write) => {
      for (let turn = 0; turn < each; turn += 1) {
        const status = await write();
        if (status !== 200) throw new Error(`a write was answered ${String(status)}`);
      }
    }),
  );
  return (each * writing.length) / ((performance.now() - started) / 1000);
}
