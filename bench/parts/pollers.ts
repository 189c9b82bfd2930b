import { setTimeout as pause } from 'node:timers/promises';
import { Pool } from 'undici';
import type { StorageClient } from '../../spec/journeys/support/storage-client.js';
import { limitLine, quantile, type Line } from '../figures.js';
import type { Ground } from '../ground.js';

const POLLERS = 20;
const SUB_FOLDERS = 20;
/** A desktop asks again so long after its last answer, milliseconds (stacksync-api-v2.md 7). */
const REST = 10_000;
const FACTOR = 5;

/** One open window: what it asks at each turn. */
interface Window {
  readonly app: StorageClient;
  readonly paths: readonly string[];
}

/** Twenty desktops with a folder of twenty sub-folders open each, against one that is alone. */
export async function pollers({ ana, pair, isQuick }: Ground): Promise<Line[]> {
  const windows: Window[] = [];
  for (let index = 0; index < POLLERS; index += 1) windows.push(await openWindow(ana.app, index));
  const [first] = windows;
  if (first === undefined) return [];
  const pool = new Pool(pair.alder.url, { connections: POLLERS, pipelining: 1 });
  // The first turn warms up and is not counted.
  await turn(pool, first);
  const idle: number[] = [];
  for (let round = 0; round < (isQuick ? 3 : 20); round += 1) idle.push(...(await turn(pool, first)));
  const busy = (await Promise.all(windows.map((window, index) => poll(pool, window, index, isQuick ? 1 : 3)))).flat();
  await pool.close();
  return [lineOf(busy, idle)];
}

async function openWindow(app: StorageClient, index: number): Promise<Window> {
  const { id } = await app.makeFolder(`Polled ${String(index)}`);
  const subs: number[] = [];
  for (let sub = 0; sub < SUB_FOLDERS; sub += 1) subs.push((await app.makeFolder(`sub ${String(sub)}`, id)).id);
  return { app, paths: [`/v1/folder/${String(id)}/contents`, ...[id, ...subs].map((each) => membersOf(each))] };
}

const membersOf = (id: number): string => `/v1/folder/${String(id)}/members`;

/** Desktops are not in step: each begins a twentieth of the rest later than the one before. */
async function poll(pool: Pool, window: Window, index: number, turns: number): Promise<number[]> {
  const times: number[] = [];
  await pause((index * REST) / POLLERS);
  for (let round = 0; round < turns; round += 1) {
    if (round > 0) await pause(REST);
    times.push(...(await turn(pool, window)));
  }
  return times;
}

/** One turn, call after call, each signed for itself; answers how long each took, milliseconds. */
async function turn(pool: Pool, { app, paths }: Window): Promise<number[]> {
  const times: number[] = [];
  for (const path of paths) {
    const headers = app.headers('GET', path);
    const started = performance.now();
    const { statusCode, body } = await pool.request({ method: 'GET', path, headers });
    await body.text();
    times.push(performance.now() - started);
    if (statusCode !== 200) throw new Error(`${path} was answered ${String(statusCode)}`);
  }
  return times;
}

/**
 * The line for both. The lone desktop's 99th percentile is shown too: a high one says that the machine was busy with
 * other things.
 */
function lineOf(busy: readonly number[], idle: readonly number[]): Line {
  const [ours, reference, worst] = [quantile(busy, 0.99), quantile(idle, 0.5), quantile(idle, 0.99)];
  const limit = Number((FACTOR * reference).toFixed(2));
  const what = `${String(POLLERS)} desktops poll ${String(SUB_FOLDERS)} sub-folders, p99 / one alone, p50`;
  const alone = `${reference.toFixed(2)} ms (p99 ${worst.toFixed(2)} ms)`;
  const line = limitLine(what, ours, limit, 'ms', `${ours.toFixed(2)} ms`);
  return { ...line, reference: alone, bound: `< ${String(FACTOR)}x` };
}
