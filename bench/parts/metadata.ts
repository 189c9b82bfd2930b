import { limitLine, quantile, type Line } from '../figures.js';
import type { Ground } from '../ground.js';
import { latencies, type Prepared } from '../load.js';
import type { StorageClient } from '../../spec/journeys/support/storage-client.js';

const COUNT = 1_000;
const ROUNDS = 3;

/** The listing of a small folder, asked by Bo through both clouds and by Ana at her own (reliability.md 5). */
export async function metadata({ ana, bo, pair, folder, mount, isQuick }: Ground): Promise<Line[]> {
  const [abroad, home]: [number[], number[]] = [[], []];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const direct = await latencies(pair.alder.url, calls(ana.app, folder, isQuick));
    const through = await latencies(pair.birch.url, calls(bo.app, mount, isQuick));
    if (round === 0) continue;
    abroad.push(...through);
    home.push(...direct);
  }
  return [percentile(0.5, abroad, home, 2, 3), percentile(0.99, abroad, home, 3, 10)];
}

function calls(app: StorageClient, folder: number, isQuick: boolean): Prepared[] {
  const path = `/v1/folder/${String(folder)}/contents`;
  return Array.from({ length: isQuick ? COUNT / 5 : COUNT }, () => ({ path, headers: app.headers('GET', path) }));
}

/** At most `factor` times the direct call and `extra` milliseconds more. */
function percentile(part: number, abroad: number[], home: number[], factor: number, extra: number): Line {
  const [ours, reference] = [quantile(abroad, part), quantile(home, part)];
  const what = `listing through both / at the owner's cloud, p${String(part * 100)}`;
  const line = limitLine(what, ours, Number((factor * reference + extra).toFixed(2)), 'ms', `${ours.toFixed(2)} ms`);
  return { ...line, reference: `${reference.toFixed(2)} ms`, bound: `< ${String(factor)}x + ${String(extra)} ms` };
}
