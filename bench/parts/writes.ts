import { randomBytes } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import path from 'node:path';
import { median, ratioLine, type Line } from '../figures.js';
import type { Ground } from '../ground.js';

const SIZE = 4096;

/** New versions of a file of 4 KiB at Ana's cloud, against a loop that writes and syncs as much (reliability.md 5). */
export async function writes(ground: Ground): Promise<Line[]> {
  const [count, rounds] = ground.isQuick ? [50, 3] : [300, 5];
  const [raw, single, many]: [number[], number[], number[]] = [[], [], []];
  for (let round = 0; round <= rounds; round += 1) {
    raw.push(await syncsPerSecond(path.join(ground.pair.alder.dataDir, 'sync-probe'), count));
    single.push(await writesPerSecond(ground, count, 1, round));
    many.push(await writesPerSecond(ground, count, 16, round));
  }
  const reference = median(raw.slice(1));
  const show = (value: number): string => `${value.toFixed(0)} /s`;
  return [
    ratioLine(
      'durable 4 KiB writes, 1 writer / raw sync loop',
      { ours: median(single.slice(1)), reference },
      GOAL,
      show,
    ),
    ratioLine(
      'durable 4 KiB writes, 16 writers / raw sync loop',
      { ours: median(many.slice(1)), reference },
      GOAL,
      show,
    ),
  ];
}

const GOAL = { least: 0.3, aim: 1 };

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

async function writesPerSecond({ ana }: Ground, count: number, writers: number, round: number): Promise<number> {
  const bytes = randomBytes(SIZE);
  const files = await Promise.all(
    Array.from({ length: writers }, (_, index) =>
      ana.app.makeFile(`written-${String(writers)}-${String(index)}-${String(round)}`, bytes),
    ),
  );
  const each = Math.ceil(count / writers);
  const started = performance.now();
  await Promise.all(
    files.map(async ({ id }) => {
      for (let turn = 0; turn < each; turn += 1) {
        const { status } = await ana.app.replace(id, bytes);
        if (status !== 200) throw new Error(`a write was answered ${String(status)}`);
      }
    }),
  );
  return (each * writers) / ((performance.now() - started) / 1000);
}
