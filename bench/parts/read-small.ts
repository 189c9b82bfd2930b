import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { StorageClient } from '../../spec/journeys/support/storage-client.js';
import { infoLine, limitLine, median, quantile, ratioLine, type Line } from '../figures.js';
import type { Ground } from '../ground.js';
import { loadOn, type Prepared } from '../load.js';
import { costing, costLine, type Cost } from '../processor.js';
import { BARE_KEYS } from '../reference.js';

const CONNECTIONS = 8;
/** The slowest hundredth may take so many times as long as the middle. */
const STEADY = 4;
const TARGET = { least: 0.6, aim: 0.8 };

/**
 * One of the compared ways to the same bytes: its address, how its requests are made, and the processes that serve it.
 */
interface Way {
  readonly origin: string;
  readonly make: () => Prepared;
  readonly pids: readonly number[];
}

/** What one way was like over the rounds. */
interface Taken {
  readonly rates: number[];
  /** The slowest hundredth of each round over its middle. */
  readonly spread: number[];
  readonly costs: Cost[];
}

/** A file of 4 KiB read by Bo through both clouds over kept connections, against the bare proxy and the bare signed pair. */
export async function readSmall(ground: Ground): Promise<Line[]> {
  const { isQuick } = ground;
  const [count, rounds] = isQuick ? [400, 3] : [4_000, 5];
  const ways = await waysToRead(ground);
  const taken = ways.map((): Taken => ({ rates: [], spread: [], costs: [] }));
  // The first round of each warms up and is not counted.
  for (let round = 0; round <= rounds; round += 1) {
    for (const [index, way] of ways.entries()) {
      const into = round === 0 ? undefined : taken[index];
      await goOnce(way, count, into);
    }
  }
  const [proxy, pair, ours] = taken as [Taken, Taken, Taken];
  const rateOf = ({ rates }: Taken): number => median(rates);
  const show = (value: number): string => `${value.toFixed(0)} /s`;
  const signed = { ours: rateOf(ours), reference: rateOf(pair) };
  return [
    ratioLine('read 4 KiB through both / bare proxy', { ours: rateOf(ours), reference: rateOf(proxy) }, TARGET, show),
    infoLine('read 4 KiB through both / bare signed pair', signed, show),
    limitLine('read 4 KiB through both, p99 / p50', median(ours.spread), STEADY, 'x'),
    costLine('read 4 KiB, processor: reader’s + owner’s cloud / bare chain', ours.costs, proxy.costs),
    costLine('read 4 KiB, processor: reader’s + owner’s cloud / bare signed pair', ours.costs, pair.costs),
  ];
}

/** The bare chain, the bare signed pair, and ours. Signed beforehand: the client costs all of them the same. */
async function waysToRead({ ana, bo, pair, folder, mount, files, reference }: Ground): Promise<Way[]> {
  const bytes = randomBytes(4096);
  await writeFile(path.join(files, 'small.bin'), bytes);
  await ana.app.makeFile('small.bin', bytes, folder);
  const entry = (await bo.app.children(mount)).get('small.bin');
  const target = `/v1/file/${String(entry?.id)}/data`;
  const { proxy, files: server, signing, checking } = reference;
  const bare = new StorageClient(signing.url, BARE_KEYS);
  const [at, signed] = ['/small.bin', (app: StorageClient, place: string) => app.headers('GET', place)];
  return [
    { origin: proxy.url, make: () => ({ path: at, headers: signed(bo.app, target) }), pids: [proxy.pid, server.pid] },
    {
      origin: signing.url,
      make: () => ({ path: at, headers: signed(bare, at) }),
      pids: [signing.pid, checking.pid],
    },
    {
      origin: pair.birch.url,
      make: () => ({ path: target, headers: signed(bo.app, target) }),
      pids: [pair.birch.pid, pair.alder.pid],
    },
  ];
}

async function goOnce({ origin, make, pids }: Way, count: number, into: Taken | undefined): Promise<void> {
  const requests = Array.from({ length: count }, make);
  const { result, cost } = await costing(pids, count, () => loadOn(origin, requests, CONNECTIONS));
  into?.rates.push(result.perSecond);
  into?.spread.push(quantile(result.times, 0.99) / quantile(result.times, 0.5));
  into?.costs.push(cost);
}
