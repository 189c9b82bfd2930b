import { createWriteStream } from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { streamOf } from '../content.js';
import { MEBI, median, rate, ratioLine, type Line } from '../figures.js';
import type { Ground } from '../ground.js';
import { bytesPerSecond } from '../load.js';
import { upload } from '../upload.js';

const TARGET = { least: 0.9, aim: 1 };
const AT_HOME = { least: 0.8, aim: 1 };

/** A large file read by Bo through both clouds, and by Ana from her own, against the bare proxy and the bare server. */
export async function readLarge(ground: Ground): Promise<Line[]> {
  const { ana, bo, pair, folder, mount, files, reference, isQuick } = ground;
  const [size, rounds] = isQuick ? [128 * MEBI, 3] : [1024 * MEBI, 5];
  await pipeline(streamOf(size), createWriteStream(path.join(files, 'large.bin')));
  await upload(ana, 'large.bin', folder, size);
  const entry = (await bo.app.children(mount)).get('large.bin');
  const target = `/v1/file/${String(entry?.id)}/data`;
  const [ours, theirs, direct, bare]: [number[], number[], number[], number[]] = [[], [], [], []];
  const own = (await ana.app.children(folder)).get('large.bin');
  const atHome = `/v1/file/${String(own?.id)}/data`;
  // The first round of each warms caches and is not counted.
  for (let round = 0; round <= rounds; round += 1) {
    bare.push(await bytesPerSecond(reference.files.url, { path: '/large.bin', headers: {} }));
    theirs.push(
      await bytesPerSecond(reference.proxy.url, { path: '/large.bin', headers: bo.app.headers('GET', target) }),
    );
    ours.push(await bytesPerSecond(pair.birch.url, { path: target, headers: bo.app.headers('GET', target) }));
    direct.push(await bytesPerSecond(pair.alder.url, { path: atHome, headers: ana.app.headers('GET', atHome) }));
  }
  const sides = { ours: median(ours.slice(1)), reference: median(theirs.slice(1)) };
  const home = { ours: median(direct.slice(1)), reference: median(bare.slice(1)) };
  const alone = { ours: sides.ours, reference: median(direct.slice(1)) };
  return [
    ratioLine(`read ${String(size / MEBI)} MiB through both / bare proxy`, sides, TARGET, rate),
    ratioLine(`read ${String(size / MEBI)} MiB from the owner's cloud / bare server`, home, AT_HOME, rate),
    ratioLine(
      `read ${String(size / MEBI)} MiB through both / from the owner's cloud`,
      alone,
      { least: 0.6, aim: 0.8 },
      rate,
    ),
  ];
}
