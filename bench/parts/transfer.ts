import { sendAndPass } from '../../spec/journeys/support/wire.js';
import { ContentCheck } from '../content.js';
import { limitLine, MEBI, rate, type Line } from '../figures.js';
import type { Ground } from '../ground.js';
import { watchMemory } from '../memory.js';
import { upload } from '../upload.js';

const LIMIT = 64;

/** A file of 4 GiB up and down through both clouds: how much the memory of each grows. */
export async function transfer(ground: Ground): Promise<Line[]> {
  const { bo, mount, isQuick } = ground;
  const size = isQuick ? 256 * MEBI : 4096 * MEBI;
  // What the first transfer loads once does not count as growth.
  const warm = await upload(bo, 'warm.bin', mount, 16 * MEBI);
  await download(ground, warm, 16 * MEBI);
  let id = 0;
  const up = await watched(ground, 'up', size, async () => {
    id = await upload(bo, 'huge.bin', mount, size);
  });
  const down = await watched(ground, 'down', size, () => download(ground, id, size));
  return [...up, ...down];
}

async function download({ bo }: Ground, id: number, size: number): Promise<void> {
  const target = `/v1/file/${String(id)}/data`;
  const check = new ContentCheck(size);
  await sendAndPass(`${bo.at.url}${target}`, { headers: bo.app.headers('GET', target) }, (chunk) => check.look(chunk));
  if (!check.isWhole) throw new Error('what came back is not what was sent');
}

async function watched({ pair }: Ground, way: string, size: number, work: () => Promise<void>): Promise<Line[]> {
  const started = performance.now();
  const growths = await watchMemory([pair.alder, pair.birch], work);
  const speed = rate(size / ((performance.now() - started) / 1000));
  return growths.map(({ name, bytes }) =>
    limitLine(`${String(size / MEBI)} MiB ${way} through both: memory of ${name}`, bytes / MEBI, LIMIT, 'MiB', speed),
  );
}
