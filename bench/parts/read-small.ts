import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { median, ratioLine, type Line } from '../figures.js';
import type { Ground } from '../ground.js';
import { requestsPerSecond, type Prepared } from '../load.js';

const CONNECTIONS = 8;
const TARGET = { least: 0.2, aim: 0.5 };

/** A file of 4 KiB read by Bo through both clouds over kept connections, against the bare proxy. */
export async function readSmall(ground: Ground): Promise<Line[]> {
  const { ana, bo, pair, folder, mount, files, reference, isQuick } = ground;
  const bytes = randomBytes(4096);
  await writeFile(path.join(files, 'small.bin'), bytes);
  await ana.app.makeFile('small.bin', bytes, folder);
  const entry = (await bo.app.children(mount)).get('small.bin');
  const target = `/v1/file/${String(entry?.id)}/data`;
  // Signed beforehand, and sent to the reference with the same headers: the client costs both sides the same.
  const signed = (place: string): Prepared => ({ path: place, headers: bo.app.headers('GET', target) });
  const [count, rounds] = isQuick ? [400, 3] : [4_000, 5];
  const [ours, theirs]: [number[], number[]] = [[], []];
  for (let round = 0; round <= rounds; round += 1) {
    const [forReference, forUs] = [repeat(count, () => signed('/small.bin')), repeat(count, () => signed(target))];
    theirs.push(await requestsPerSecond(reference.url, forReference, CONNECTIONS));
    ours.push(await requestsPerSecond(pair.birch.url, forUs, CONNECTIONS));
  }
  const sides = { ours: median(ours.slice(1)), reference: median(theirs.slice(1)) };
  return [ratioLine('read 4 KiB through both / bare proxy', sides, TARGET, (value) => `${value.toFixed(0)} /s`)];
}

function repeat<T>(count: number, make: () => T): T[] {
  return Array.from({ length: count }, make);
}
