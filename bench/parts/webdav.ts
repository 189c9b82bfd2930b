import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Pool } from 'undici';
import { streamOf } from '../content.js';
import { limitLine, MEBI, median, rate, ratioLine, type Line } from '../figures.js';
import type { Ground } from '../ground.js';
import { bytesPerSecond, latencies, type Prepared } from '../load.js';
import { watchMemory } from '../memory.js';
import { upload } from '../upload.js';
import type { Settler } from '../../spec/journeys/support/process-pair.js';

/** What is aimed at by a path instead of an id. */
const GOALS = {
  /** Of the rate of the storage API. */
  own: { least: 0.9, aim: 1 },
  /** Of the rate of the bare proxy. */
  foreign: { least: 0.5, aim: 0.9 },
  /** Milliseconds until the first byte from another cloud. */
  begin: 50,
  /** Times the listing by the storage API. */
  listing: 3,
  /** MiB by which a listing makes the program grow. */
  memory: 32,
} as const;

const ENTRIES = 10_000;

/** Reads and listings through `/dav/`, by their paths, against the same by the storage API and the bare proxy. */
export async function webdav(ground: Ground): Promise<Line[]> {
  const [ana, bo] = [await keyOf(ground.ana), await keyOf(ground.bo)];
  return [...(await reads(ground, ana, bo)), ...(await listings(ground, ana))];
}

/** The value of `Authorization` of a program of this person. */
async function keyOf({ at, email }: Settler): Promise<string> {
  const key = await at.ask<{ user: string; password: string }>(['app-password', 'add', email, '--name', 'bench']);
  return `Basic ${Buffer.from(`${key.user}:${key.password}`).toString('base64')}`;
}

async function reads({ ana, pair, folder, files, reference, isQuick }: Ground, mine: string, bos: string) {
  const [size, rounds] = isQuick ? [128 * MEBI, 3] : [1_024 * MEBI, 5];
  await pipeline(streamOf(size), createWriteStream(path.join(files, 'large.bin')));
  const id = await upload(ana, 'large.bin', folder, size);
  const byId = `/v1/file/${String(id)}/data`;
  const byPath = '/dav/Measured/large.bin';
  const [api, dav, proxy]: [number[], number[], number[]] = [[], [], []];
  const [abroad, begins]: [number[], number[]] = [[], []];
  // The first round of each warms caches and is not counted.
  for (let round = 0; round <= rounds; round += 1) {
    api.push(await bytesPerSecond(pair.alder.url, { path: byId, headers: ana.app.headers('GET', byId) }));
    dav.push(await bytesPerSecond(pair.alder.url, { path: byPath, headers: { authorization: mine } }));
    proxy.push(await bytesPerSecond(reference.proxy.url, { path: '/large.bin', headers: {} }));
    abroad.push(await bytesPerSecond(pair.birch.url, { path: byPath, headers: { authorization: bos } }));
    begins.push(await firstByte(pair.birch.url, { path: byPath, headers: { authorization: bos } }));
  }
  const middle = (all: readonly number[]): number => median(all.slice(1));
  const what = `read ${String(size / MEBI)} MiB`;
  const begin = middle(begins);
  return [
    ratioLine(`${what} by WebDAV / by the storage API`, { ours: middle(dav), reference: middle(api) }, GOALS.own, rate),
    ratioLine(
      `${what} of another cloud by WebDAV / bare proxy`,
      { ours: middle(abroad), reference: middle(proxy) },
      GOALS.foreign,
      rate,
    ),
    limitLine(`${what} of another cloud by WebDAV: first byte`, begin, GOALS.begin, 'ms', `${begin.toFixed(2)} ms`),
  ];
}

/** How long it takes until the first byte of a content is here, milliseconds; the rest is not read. */
async function firstByte(origin: string, { path: target, headers }: Prepared): Promise<number> {
  const pool = new Pool(origin, { connections: 1 });
  const started = performance.now();
  const { statusCode, body } = await pool.request({ method: 'GET', path: target, headers });
  if (statusCode !== 200) throw new Error(`${target} was answered ${String(statusCode)}`);
  await once(body, 'data');
  const time = performance.now() - started;
  await pool.destroy();
  return time;
}

async function listings({ ana, pair, isQuick }: Ground, mine: string): Promise<Line[]> {
  const entries = isQuick ? ENTRIES / 5 : ENTRIES;
  const { id: full } = await ana.app.makeFolder('Full');
  for (let index = 0; index < entries; index += 1) await ana.app.makeFile(`file ${String(index)}`, 'a', full);
  const byId = `/v1/folder/${String(full)}/contents`;
  const rounds = isQuick ? 5 : 15;
  const asApi = (): Prepared => ({ path: byId, headers: ana.app.headers('GET', byId) });
  const asDav = (): Prepared => ({
    method: 'PROPFIND',
    path: '/dav/Full/',
    headers: { authorization: mine, depth: '1' },
  });
  const times = async (ask: () => Prepared): Promise<number> =>
    median(await latencies(pair.alder.url, Array.from({ length: rounds }, ask)));
  await times(asDav);
  const json = await times(asApi);
  let propfind = 0;
  const [growth] = await watchMemory([pair.alder], async () => {
    propfind = await times(asDav);
  });
  const what = `PROPFIND of ${String(entries)}`;
  const line = limitLine(`${what} / JSON listing`, propfind / json, GOALS.listing, 'x', `${propfind.toFixed(0)} ms`);
  return [
    { ...line, reference: `${json.toFixed(0)} ms`, bound: `<= ${String(GOALS.listing)} x` },
    limitLine(`${what}: memory`, (growth?.bytes ?? 0) / MEBI, GOALS.memory, 'MiB'),
  ];
}
