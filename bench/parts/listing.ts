import { limitLine, quantile, type Line } from '../figures.js';
import type { Ground } from '../ground.js';
import { latencies, type Prepared } from '../load.js';
import type { StorageClient } from '../../spec/journeys/support/storage-client.js';

const FILES = 1_000;
/**
 * The goal for a listing that has not changed, which is answered 304 between the clouds (decision 0036), milliseconds.
 */
const GOAL = 10;

/** A folder of a thousand files, listed by Bo through both clouds while nothing changes, and after each change. */
export async function listing({ ana, bo, pair, folder, mount, isQuick }: Ground): Promise<Line[]> {
  const files = isQuick ? FILES / 5 : FILES;
  for (let index = 0; index < files; index += 1) await ana.app.makeFile(`file ${String(index)}`, 'a', folder);
  const rounds = isQuick ? 5 : 50;
  await latencies(pair.birch.url, calls(bo.app, mount, 5));
  const unchanged = await latencies(pair.birch.url, calls(bo.app, mount, rounds));
  const changed: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    await ana.app.makeFile(`change ${String(round)}`, 'a', folder);
    changed.push(...(await latencies(pair.birch.url, calls(bo.app, mount, 1))));
  }
  const [ours, reference] = [quantile(unchanged, 0.5), quantile(changed, 0.5)];
  const what = `unchanged listing of ${String(files)} through both / changed, p50`;
  const line = limitLine(what, ours, GOAL, 'ms', `${ours.toFixed(2)} ms`);
  return [{ ...line, reference: `${reference.toFixed(2)} ms`, bound: `<= ${String(GOAL)} ms` }];
}

function calls(app: StorageClient, folder: number, count: number): Prepared[] {
  const path = `/v1/folder/${String(folder)}/contents`;
  return Array.from({ length: count }, () => ({ path, headers: app.headers('GET', path) }));
}
